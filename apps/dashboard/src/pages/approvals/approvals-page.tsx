import { EmptyState, Page } from '../../ui/page.tsx';

export function ApprovalsPage() {
  return (
    <Page title="Approvals">
      <EmptyState title="Nothing to show yet." />
    </Page>
  );
}
