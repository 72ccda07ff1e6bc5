import { EmptyState, Page } from '../../ui/page.tsx';

export function SettingsPage() {
  return (
    <Page title="Settings">
      <EmptyState title="Nothing to show yet." />
    </Page>
  );
}
