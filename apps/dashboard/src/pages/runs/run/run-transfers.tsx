import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { Run, Transfer } from '#contract';
import { call } from '../../../api/call.ts';
import { nameOf } from '../../../files/path-parts.ts';
import { runQuery } from '../../../files/run-query.ts';
import { ExportMenu } from '../../../filters/export-menu.tsx';
import { type ExportedColumn, exportedBy } from '../../../filters/filtered-table.tsx';
import { showBytes, showCount, showDuration } from '../../../ui/amounts.ts';
import { BigTable, useCursorList } from '../../../ui/big-table/index.ts';
import { joinClasses } from '../../../ui/join-classes.ts';
import { OutsideText } from '../../../ui/outside-text.tsx';
import { EmptyState, Section } from '../../../ui/page.tsx';
import { StateBadge } from '../../../ui/state-badge.tsx';
import styles from './run.module.css';
import { isOver } from './run-queries.ts';
import { FILTER_STATES, filterOf } from './transfer-filter.ts';

type FileColumn = ExportedColumn<Transfer>;

const COLUMNS: readonly FileColumn[] = [
  {
    id: 'name',
    exported: ['sourcePath'],
    title: 'File',
    main: true,
    width: 'minmax(14rem, 3fr)',
    cell: ({ sourcePath }) => <OutsideText text={nameOf(sourcePath)} />,
  },
  {
    id: 'state',
    exported: ['state'],
    title: 'State',
    width: '8.5rem',
    narrow: 'first',
    cell: ({ state }) => <StateBadge state={state} />,
  },
  {
    id: 'size',
    exported: ['sizeBytes'],
    title: 'Size',
    width: '6.5rem',
    numeric: true,
    narrow: 'second',
    cell: ({ sizeBytes, sourceSizeBytes }) => showBytes(sizeBytes ?? sourceSizeBytes),
  },
  {
    id: 'took',
    exported: ['startedAt', 'finishedAt'],
    title: 'Took',
    width: '6rem',
    numeric: true,
    narrow: 'second',
    cell: ({ startedAt, finishedAt }) =>
      startedAt && finishedAt ? showDuration(Date.parse(finishedAt) - Date.parse(startedAt)) : '',
  },
  {
    id: 'attempts',
    exported: ['attempts'],
    title: 'Attempts',
    width: '5.5rem',
    numeric: true,
    cell: ({ attempts }) => showCount(attempts),
  },
  {
    id: 'error',
    exported: ['error.code', 'error.sentence', 'error.detail'],
    title: 'Error',
    width: 'minmax(10rem, 2fr)',
    cell: ({ error }) => error && <OutsideText text={error.detail ?? error.sentence} />,
  },
  {
    id: 'folder',
    exported: ['sourcePath'],
    title: 'Whole path',
    width: 'minmax(14rem, 2fr)',
    hidden: true,
    cell: ({ sourcePath }) => <OutsideText text={sourcePath} />,
  },
  {
    id: 'sha256',
    exported: ['sha256'],
    title: 'SHA-256',
    width: '16rem',
    hidden: true,
    cell: ({ sha256 }) => sha256 && <code>{sha256}</code>,
  },
];

/** Every file of the run, however many; narrowed by `?state=`. */
export function RunTransfers({ id, said }: { id: string; said: string | undefined }) {
  const { data: run } = useQuery(runQuery(id));
  const { state, unknown } = filterOf(said);
  const filters = useMemo(() => ({ runId: id, ...(state && { state }) }), [id, state]);
  const list = useCursorList<Transfer>({
    queryKey: ['listTransfers', filters],
    read: (paging) => call('listTransfers', { query: { ...filters, ...paging } }),
    rowKey: (transfer) => transfer.id,
  });
  return (
    <Section title="Files">
      {unknown && (
        <p className={styles['muted']}>
          There is no state <OutsideText text={unknown} />: all files are shown.
        </p>
      )}
      {run && <Filters run={run} chosen={state} />}
      <BigTable
        id="run-transfers"
        label="Files of the run"
        columns={COLUMNS}
        list={list}
        href={(transfer) => `/transfers/${transfer.id}`}
        tools={(shown) =>
          list.count > 0 && (
            <ExportMenu
              operation="exportTransfers"
              asked={filters}
              columns={exportedBy(shown)}
              rows={{ count: list.count, asked: filters, hasMore: false }}
            />
          )
        }
        empty={
          <EmptyState
            title={
              state
                ? `No file of the run is ${state}.`
                : run && isOver(run)
                  ? 'The run has no files.'
                  : 'No files yet.'
            }
          >
            {state && (
              <Link to="/runs/$id" params={{ id }} search={{}}>
                All files of the run
              </Link>
            )}
          </EmptyState>
        }
      />
    </Section>
  );
}

function Filters({ run, chosen }: { run: Run; chosen: Transfer['state'] | undefined }) {
  const shown = FILTER_STATES.filter((state) => (run.transferCounts[state] ?? 0) > 0 || state === chosen);
  if (shown.length < 2 && !chosen) return null;
  return (
    <nav aria-label="Files by state" className={styles['filters']}>
      <Filter id={run.id} state={undefined} chosen={chosen}>
        all
      </Filter>
      {shown.map((state) => (
        <Filter key={state} id={run.id} state={state} chosen={chosen}>
          {state} <span className={styles['count']}>{showCount(run.transferCounts[state] ?? 0)}</span>
        </Filter>
      ))}
    </nav>
  );
}

function Filter({
  id,
  state,
  chosen,
  children,
}: {
  id: string;
  state: Transfer['state'] | undefined;
  chosen: Transfer['state'] | undefined;
  children: React.ReactNode;
}) {
  return (
    <Link
      to="/runs/$id"
      params={{ id }}
      search={state ? { state } : {}}
      replace
      resetScroll={false}
      aria-current={state === chosen ? 'true' : undefined}
      className={joinClasses(styles['filter'], state === chosen && styles['chosen'])}
    >
      {children}
    </Link>
  );
}
