import { EmptyState, Page } from '../../ui/page.tsx';

export function EndpointsPage() {
  return (
    <Page title="Endpoints">
      <EmptyState title="Nothing to show yet." />
    </Page>
  );
}
