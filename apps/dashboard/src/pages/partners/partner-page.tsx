import { EmptyState, Page } from '../../ui/page.tsx';

export function PartnerPage() {
  return (
    <Page title="Partner">
      <EmptyState title="Nothing to show yet." />
    </Page>
  );
}
