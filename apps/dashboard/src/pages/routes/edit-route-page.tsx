import { EmptyState, Page } from '../../ui/page.tsx';

export function EditRoutePage() {
  return (
    <Page title="Route">
      <EmptyState title="Nothing to show yet." />
    </Page>
  );
}

export function NewRoutePage() {
  return (
    <Page title="New route">
      <EmptyState title="Nothing to show yet." />
    </Page>
  );
}
