import { useInfiniteQuery } from '@tanstack/react-query';
import { call } from '../api/call.ts';
import { Button } from '../ui/button.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { EmptyState } from '../ui/page.tsx';
import type { Noun } from './configured-object.ts';
import type { FieldSpec } from './field-spec.ts';
import styles from './forms.module.css';
import { OneChange } from './one-change.tsx';

interface ChangeHistoryProps {
  noun: Noun;
  name: string;
  specs: readonly FieldSpec[];
  /** How many at first. */
  limit?: number;
}

/** Who changed what of one object, before and after; latest first. */
export function ChangeHistory({ noun, name, specs, limit = 20 }: ChangeHistoryProps) {
  const query = useInfiniteQuery({
    queryKey: ['listConfigurationChanges', { noun, name, limit }],
    queryFn: ({ pageParam }) =>
      call('listConfigurationChanges', {
        query: { noun, name, limit, ...(pageParam && { cursor: pageParam }) },
      }),
    initialPageParam: '',
    getNextPageParam: ({ nextCursor }) => nextCursor,
  });
  return (
    <Loaded query={query} what="The history could not be read">
      {({ pages }) => {
        const changes = pages.flatMap(({ items }) => items);
        if (changes.length === 0)
          return (
            <EmptyState title="Nobody has changed it yet.">
              <p>It is as it was before changes were recorded.</p>
            </EmptyState>
          );
        return (
          <div className={styles['history']}>
            <ol>
              {changes.map((change, index) => (
                <li key={change.id}>
                  <OneChange change={change} specs={specs} open={index === 0} />
                </li>
              ))}
            </ol>
            {query.hasNextPage && (
              <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                Older changes
              </Button>
            )}
          </div>
        );
      }}
    </Loaded>
  );
}
