import type { Run } from '#contract';
import { rerunSays } from '../../files/state-counts.ts';
import { ErrorSentence, NamedRow } from '../../filters/error-sentence.tsx';
import { asWords } from '../../filters/filter-pill.tsx';
import type { ExportedColumn } from '../../filters/filtered-table.tsx';
import { RoutePartners } from '../../filters/route-partners.tsx';
import { RerunRun } from '../../trouble/rerun-run.tsx';
import { showCount, showDuration } from '../../ui/amounts.ts';
import { Moment } from '../../ui/moment.tsx';
import { OutsideText } from '../../ui/outside-text.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';
import styles from './runs-page.module.css';

type RunColumn = ExportedColumn<Run>;

export const RUN_COLUMNS: readonly RunColumn[] = [
  {
    id: 'state',
    title: 'State',
    width: '9rem',
    narrow: 'first',
    exported: ['state'],
    cell: ({ state }) => <StateBadge state={state} />,
  },
  {
    id: 'route',
    title: 'Route',
    width: 'minmax(22rem, 22fr)',
    main: true,
    exported: ['route', 'error.code', 'error.sentence'],
    cell: ({ route, error }) => <NamedRow error={error}>{route}</NamedRow>,
  },
  {
    id: 'partner',
    title: 'Partner',
    width: 'minmax(7.5rem, 7.5fr)',
    exported: [],
    cell: ({ route }) => <RoutePartners route={route} />,
  },
  {
    id: 'files',
    title: 'Delivered',
    width: '7rem',
    numeric: true,
    narrow: 'second',
    exported: ['transferCounts.delivered', 'transferCounts.failed', 'transferCounts.held'],
    cell: showFiles,
  },
  {
    id: 'trigger',
    title: 'Trigger',
    width: '6rem',
    exported: ['trigger'],
    cell: ({ trigger }) => asWords(trigger),
  },
  {
    id: 'started',
    title: 'Started',
    width: '8rem',
    numeric: true,
    narrow: 'second',
    exported: ['startedAt'],
    cell: ({ startedAt, error }) => (
      <>
        {startedAt && <Moment at={startedAt} />} {error && <ErrorSentence error={error} onPhone />}
      </>
    ),
  },
  {
    id: 'duration',
    title: 'Took',
    width: '6rem',
    numeric: true,
    exported: ['finishedAt'],
    cell: ({ startedAt, finishedAt }) =>
      startedAt && finishedAt && showDuration(Date.parse(finishedAt) - Date.parse(startedAt)),
  },
  {
    id: 'requestedBy',
    title: 'Asked for by',
    width: 'minmax(7rem, 7fr)',
    hidden: true,
    exported: ['requestedBy'],
    cell: ({ requestedBy }) => <OutsideText text={requestedBy} />,
  },
  {
    id: 'created',
    title: 'Created',
    width: '8rem',
    numeric: true,
    hidden: true,
    exported: ['createdAt'],
    cell: ({ createdAt }) => <Moment at={createdAt} />,
  },
  {
    id: 'lanes',
    title: 'Lanes',
    width: '4.5rem',
    numeric: true,
    hidden: true,
    exported: ['lanes'],
    cell: ({ lanes }) => showCount(lanes),
  },
  {
    id: 'id',
    title: 'Id',
    width: '20rem',
    hidden: true,
    exported: ['id'],
    cell: ({ id }) => <code>{id}</code>,
  },
];

const ROUTE_ALONE: RunColumn = {
  id: 'route',
  title: 'Route',
  width: 'minmax(9rem, 9fr)',
  main: true,
  exported: ['route'],
  cell: ({ route }) => route,
};
const WHAT_HAPPENED: RunColumn = {
  id: 'error',
  title: 'What happened',
  width: 'minmax(13rem, 13fr)',
  exported: ['error.code', 'error.sentence'],
  cell: ({ error }) => error && <ErrorSentence error={error} />,
};
const RERUN: RunColumn = {
  id: 'rerun',
  title: 'Rerun',
  width: '7rem',
  exported: [],
  cell: (run) =>
    rerunSays(run) !== undefined && (
      <span className={styles['rerun']}>
        <RerunRun run={run} look="quiet" />
      </span>
    ),
};

/** For a list of nothing but trouble: what happened has the room, and what a run left is taken up from here. */
export const TROUBLE_COLUMNS: readonly RunColumn[] = [
  ...RUN_COLUMNS.flatMap((column) => {
    if (column.id === 'route') return [ROUTE_ALONE, WHAT_HAPPENED];
    return [column.id === 'trigger' ? { ...column, hidden: true } : column];
  }),
  RERUN,
];

/** `12 of 14 files`; what was there before is not counted as missing. */
function showFiles({ transferCounts: { suppressed: _, ...counts } }: Run): string {
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  if (all === 0) return 'no file';
  const { delivered = 0 } = counts;
  return `${showCount(delivered)} of ${showCount(all)}`;
}
