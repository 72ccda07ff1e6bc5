import { EmptyState, Page } from '../../ui/page.tsx';

export function PartnersPage() {
  return (
    <Page title="Partners">
      <EmptyState title="Nothing to show yet." />
    </Page>
  );
}
