import { EmptyState, Page } from '../../ui/page.tsx';

export function NewPartnerPage() {
  return (
    <Page title="New partner">
      <EmptyState title="Nothing to show yet." />
    </Page>
  );
}
