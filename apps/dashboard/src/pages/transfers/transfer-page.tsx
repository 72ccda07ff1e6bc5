import { EmptyState, Page } from '../../ui/page.tsx';

export function TransferPage() {
  return (
    <Page title="Transfer">
      <EmptyState title="Nothing to show yet." />
    </Page>
  );
}
