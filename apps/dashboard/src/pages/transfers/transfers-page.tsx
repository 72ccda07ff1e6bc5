import { EmptyState, Page } from '../../ui/page.tsx';

export function TransfersPage() {
  return (
    <Page title="Transfers">
      <EmptyState title="Nothing to show yet." />
    </Page>
  );
}
