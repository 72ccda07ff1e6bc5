import { EmptyState, Page } from '../../ui/page.tsx';

export function TonightPage() {
  return (
    <Page title="Tonight">
      <EmptyState title="Nothing to show yet." />
    </Page>
  );
}
