import { Link } from '@tanstack/react-router';
import { EmptyState, Page } from '../ui/page.tsx';

export function NotFound() {
  return (
    <Page title="Nothing here">
      <EmptyState title="There is no page at this address.">
        <p>
          It may have been mistyped, or what it showed is gone. <Link to="/">Go to Tonight</Link>
        </p>
      </EmptyState>
    </Page>
  );
}
