import { EmptyState, Page } from '../../ui/page.tsx';

export function TlsPage() {
  return (
    <Page title="TLS">
      <EmptyState title="Nothing to show yet." />
    </Page>
  );
}
