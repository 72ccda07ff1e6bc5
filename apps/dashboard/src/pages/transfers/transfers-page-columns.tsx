import type { ErrorObject, Transfer } from '#contract';
import { nameOf } from '../../files/path-parts.ts';
import { CopyHash } from '../../filters/copy-hash.tsx';
import { ErrorSentence, NamedRow } from '../../filters/error-sentence.tsx';
import { asWords } from '../../filters/filter-pill.tsx';
import type { ExportedColumn } from '../../filters/filtered-table.tsx';
import { RoutePartners } from '../../filters/route-partners.tsx';
import { showBytes, showCount, showDuration } from '../../ui/amounts.ts';
import { Moment } from '../../ui/moment.tsx';
import { OutsideText } from '../../ui/outside-text.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';
import { visibleText } from '../../ui/visible-text.ts';

type TransferColumn = ExportedColumn<Transfer>;

const FILE: Omit<TransferColumn, 'cell'> = {
  id: 'file',
  title: 'File',
  // As many shares as rem, each: the table is no wider than it has to be.
  width: 'minmax(14rem, 14fr)',
  main: true,
  exported: ['sourcePath', 'error.code', 'error.sentence'],
};

export const TRANSFER_COLUMNS: readonly TransferColumn[] = [
  {
    id: 'state',
    title: 'State',
    width: '7.5rem',
    narrow: 'first',
    exported: ['state'],
    cell: ({ state }) => <StateBadge state={state} />,
  },
  {
    ...FILE,
    cell: ({ sourcePath, error }) => <Name path={sourcePath} error={error} />,
  },
  {
    id: 'route',
    title: 'Route',
    width: 'minmax(6.5rem, 6.5fr)',
    exported: ['route'],
    cell: ({ route }) => route,
  },
  {
    id: 'partner',
    title: 'Partner',
    width: 'minmax(6rem, 6fr)',
    exported: [],
    cell: ({ route }) => <RoutePartners route={route} />,
  },
  {
    id: 'size',
    title: 'Size',
    width: '5.5rem',
    numeric: true,
    narrow: 'second',
    exported: ['sizeBytes'],
    cell: ({ sizeBytes, sourceSizeBytes }) => showBytes(sizeBytes ?? sourceSizeBytes),
  },
  {
    id: 'assurance',
    title: 'Assurance',
    width: '7.25rem',
    exported: ['assurance'],
    cell: ({ assurance }) => assurance && asWords(assurance),
  },
  {
    id: 'started',
    title: 'Started',
    width: '8rem',
    numeric: true,
    narrow: 'second',
    exported: ['startedAt'],
    cell: showStarted,
  },
  {
    id: 'duration',
    title: 'Took',
    width: '5.5rem',
    numeric: true,
    exported: ['finishedAt'],
    cell: ({ startedAt, finishedAt }) =>
      startedAt && finishedAt && showDuration(Date.parse(finishedAt) - Date.parse(startedAt)),
  },
  {
    id: 'attempts',
    title: 'Attempts',
    width: '5.75rem',
    numeric: true,
    hidden: true,
    exported: ['attempts'],
    cell: ({ attempts }) => showCount(attempts),
  },
  {
    id: 'sha256',
    title: 'SHA-256',
    width: '7.5rem',
    exported: ['sha256'],
    cell: ({ sha256 }) => sha256 && <CopyHash sha256={sha256} />,
  },
  {
    id: 'source',
    title: 'From',
    width: 'minmax(7rem, 7fr)',
    hidden: true,
    exported: ['sourceEndpoint'],
    cell: ({ sourceEndpoint }) => sourceEndpoint,
  },
  {
    id: 'destination',
    title: 'To',
    width: 'minmax(7rem, 7fr)',
    hidden: true,
    exported: ['destinationEndpoint'],
    cell: ({ destinationEndpoint }) => destinationEndpoint,
  },
  {
    id: 'destinationPath',
    title: 'Delivered as',
    width: 'minmax(12rem, 12fr)',
    hidden: true,
    exported: ['destinationPath'],
    cell: ({ destinationPath }) => <OutsideText text={destinationPath} />,
  },
  {
    id: 'created',
    title: 'Planned',
    width: '8rem',
    numeric: true,
    hidden: true,
    exported: ['createdAt'],
    cell: ({ createdAt }) => <Moment at={createdAt} />,
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

const FILE_ALONE: TransferColumn = {
  ...FILE,
  exported: ['sourcePath'],
  cell: ({ sourcePath }) => <Name path={sourcePath} error={null} />,
};
const WHAT_HAPPENED: TransferColumn = {
  id: 'error',
  title: 'What happened',
  width: 'minmax(14rem, 14fr)',
  exported: ['error.code', 'error.sentence'],
  cell: ({ error }) => error && <ErrorSentence error={error} />,
};
const NOT_IN_TROUBLE = new Set(['assurance', 'sha256', 'duration']);

/** For a list of nothing but trouble: what happened has the room, what such files do not have is left out. */
export const TROUBLE_COLUMNS: readonly TransferColumn[] = TRANSFER_COLUMNS.flatMap((column) => {
  if (column.id === 'file') return [FILE_ALONE, WHAT_HAPPENED];
  if (column.id === 'attempts') return [{ ...column, hidden: false }];
  return [NOT_IN_TROUBLE.has(column.id) ? { ...column, hidden: true } : column];
});

function showStarted({ startedAt, error }: Transfer) {
  return (
    <>
      {startedAt && <Moment at={startedAt} />} {error && <ErrorSentence error={error} onPhone />}
    </>
  );
}

function Name({ path, error }: { path: string; error: ErrorObject | null }) {
  return (
    <NamedRow title={visibleText(path)} error={error}>
      <OutsideText text={nameOf(path)} />
    </NamedRow>
  );
}
