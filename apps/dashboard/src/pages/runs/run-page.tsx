import { EmptyState, Page } from '../../ui/page.tsx';

export function RunPage() {
  return (
    <Page title="Run">
      <EmptyState title="Nothing to show yet." />
    </Page>
  );
}
