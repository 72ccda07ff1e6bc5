import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Unreachable } from '../api/problem.ts';
import { ProblemNotice } from './problem-notice.tsx';
import { Skeleton } from './skeleton.tsx';

interface LoadedProps<Data> {
  query: Pick<UseQueryResult<Data>, 'data' | 'error' | 'refetch'>;
  /** What is not shown when it fails: `The run could not be read`. */
  what?: string;
  /** Of the size of the content; three lines where nothing is given. */
  skeleton?: ReactNode;
  children(data: Data): ReactNode;
}

/** What a query gave: its skeleton, why it failed with Try again, or its content. */
export function Loaded<Data>({
  query: { data, error, refetch },
  what,
  skeleton,
  children,
}: LoadedProps<Data>) {
  const notice = error && (
    <ProblemNotice error={error} {...(what && { what })} onRetry={() => void refetch()} />
  );
  if (data === undefined) return notice ?? skeleton ?? <Skeleton />;
  return (
    <>
      {/* That the connection is lost stands at the top of the page already, with the moment of what is shown. */}
      {!(error instanceof Unreachable) && notice}
      {children(data)}
    </>
  );
}
