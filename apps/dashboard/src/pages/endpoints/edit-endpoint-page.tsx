import { EmptyState, Page } from '../../ui/page.tsx';

export function EditEndpointPage() {
  return (
    <Page title="Endpoint">
      <EmptyState title="Nothing to show yet." />
    </Page>
  );
}

export function NewEndpointPage() {
  return (
    <Page title="New endpoint">
      <EmptyState title="Nothing to show yet." />
    </Page>
  );
}
