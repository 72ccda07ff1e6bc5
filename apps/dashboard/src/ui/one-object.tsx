import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Refused } from '../api/problem.ts';
import { Loaded } from './loaded.tsx';
import { EmptyState, Page } from './page.tsx';
import { Skeleton } from './skeleton.tsx';

interface OneObjectProps<Data> {
  query: Pick<UseQueryResult<Data>, 'data' | 'error' | 'refetch'>;
  /** Heads the page until the object is there, and where there is none: its name, or what it would be. */
  title: string;
  /** `The endpoint could not be read`. */
  what: string;
  /** `There is no endpoint of this name, or it is not one of yours.` */
  none: string;
  /** Where the others are. */
  others: ReactNode;
  /** Of the content, so that nothing moves when it comes. */
  height: string;
  children(data: Data): ReactNode;
}

/** No such name or id; what is no id at all is none either. */
const GONE = new Set([400, 404]);

/** The page of one object: the object, or that there is none, or why it could not be read. */
export function OneObject<Data>({
  query,
  title,
  what,
  none,
  others,
  height,
  children,
}: OneObjectProps<Data>) {
  const { data, error } = query;
  if (error instanceof Refused && GONE.has(error.status))
    return (
      <Page title={title}>
        <EmptyState title={none}>{others}</EmptyState>
      </Page>
    );
  if (data !== undefined) return children(data);
  return (
    <Page title={title}>
      <Loaded query={query} what={what} skeleton={<Skeleton height={height} />}>
        {() => null}
      </Loaded>
    </Page>
  );
}
