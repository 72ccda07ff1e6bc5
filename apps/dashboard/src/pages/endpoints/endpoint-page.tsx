import { EmptyState, Page } from '../../ui/page.tsx';

export function EndpointPage() {
  return (
    <Page title="Endpoint">
      <EmptyState title="Nothing to show yet." />
    </Page>
  );
}
