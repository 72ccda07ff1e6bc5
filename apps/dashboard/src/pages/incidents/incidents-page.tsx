import { EmptyState, Page } from '../../ui/page.tsx';

export function IncidentsPage() {
  return (
    <Page title="Incidents">
      <EmptyState title="Nothing to show yet." />
    </Page>
  );
}
