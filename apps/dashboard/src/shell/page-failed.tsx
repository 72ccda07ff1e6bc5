import { type ErrorComponentProps, useRouter } from '@tanstack/react-router';
import { Page } from '../ui/page.tsx';
import { ProblemNotice } from '../ui/problem-notice.tsx';

/** A page that could not be shown says why, and can be tried again without losing the rest. */
export function PageFailed({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const retry = () => {
    reset();
    void router.invalidate();
  };
  return (
    <Page title="This page could not be shown">
      <ProblemNotice error={error} onRetry={retry} />
    </Page>
  );
}
