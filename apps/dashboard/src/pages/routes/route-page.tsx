import { EmptyState, Page } from '../../ui/page.tsx';

export function RoutePage() {
  return (
    <Page title="Route">
      <EmptyState title="Nothing to show yet." />
    </Page>
  );
}
