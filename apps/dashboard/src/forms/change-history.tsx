import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ConfigurationChangeObject } from '#contract';
import { call } from '../api/call.ts';
import { Button } from '../ui/button.tsx';
import { Disclosure } from '../ui/disclosure.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { Moment } from '../ui/moment.tsx';
import { OutsideText } from '../ui/outside-text.tsx';
import { EmptyState } from '../ui/page.tsx';
import type { Noun } from './configured-object.ts';
import { DifferenceTable } from './difference-table.tsx';
import type { FieldSpec } from './field-spec.ts';
import styles from './forms.module.css';
import { joinReferences, labelOf } from './show-value.ts';

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
                  <Change change={change} specs={specs} open={index === 0} />
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

const VERBS = { create: 'made it', change: 'changed', delete: 'deleted it' } as const;

function Change({
  change,
  specs,
  open,
}: {
  change: ConfigurationChangeObject;
  specs: readonly FieldSpec[];
  open: boolean;
}) {
  const { at, actor, kind, fields, origin, approvalId } = change;
  const differences = joinReferences(
    fields.map(({ path, before, after }) => ({ path, before, after })),
    specs,
  );
  const named = differences.slice(0, 3).map(({ path }) => labelOf(path, specs));
  const what =
    kind === 'change'
      ? ` ${named.join(', ')}${differences.length > 3 ? ` and ${differences.length - 3} more` : ''}`
      : '';
  return (
    <Disclosure
      open={open && kind === 'change'}
      title={
        <span className={styles['changeTitle']}>
          <span>
            <strong>
              <OutsideText text={actor.name} />
            </strong>{' '}
            {VERBS[kind]}
            {what}
          </span>
          <span className={styles['muted']}>
            <Moment at={at} />
            {origin !== 'rest' && (
              <>
                {' · from '}
                <OutsideText text={origin} />
              </>
            )}
          </span>
        </span>
      }
    >
      {approvalId !== null && (
        <p>
          A second person approved it:{' '}
          <Link to="/approvals" search={{ id: approvalId }}>
            the approval
          </Link>
        </p>
      )}
      <DifferenceTable caption={`What ${actor.name} changed`} specs={specs} differences={differences} />
    </Disclosure>
  );
}
