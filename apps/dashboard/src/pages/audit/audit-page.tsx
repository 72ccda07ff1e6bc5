import { EmptyState, Page } from '../../ui/page.tsx';

export function AuditPage() {
  return (
    <Page title="Audit">
      <EmptyState title="Nothing to show yet." />
    </Page>
  );
}
