import { EmptyState, Page } from '../../ui/page.tsx';

export function RunsPage() {
  return (
    <Page title="Runs">
      <EmptyState title="Nothing to show yet." />
    </Page>
  );
}
