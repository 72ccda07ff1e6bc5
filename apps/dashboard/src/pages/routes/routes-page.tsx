import { EmptyState, Page } from '../../ui/page.tsx';

export function RoutesPage() {
  return (
    <Page title="Routes">
      <EmptyState title="Nothing to show yet." />
    </Page>
  );
}
