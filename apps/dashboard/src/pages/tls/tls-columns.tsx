import type { TlsNegotiation } from '#contract';
import { asWords } from '../../filters/filter-pill.tsx';
import type { ExportedColumn } from '../../filters/filtered-table.tsx';
import { showDuration } from '../../ui/amounts.ts';
import { Moment } from '../../ui/moment.tsx';
import { OutsideText } from '../../ui/outside-text.tsx';
import { Badge, type Tone } from '../../ui/state-badge.tsx';
import { visibleText } from '../../ui/visible-text.ts';
import { isOldVersion } from './chart-series.ts';
import styles from './tls-page.module.css';

type TlsColumn = ExportedColumn<TlsNegotiation>;

const VERDICTS: Readonly<Record<TlsNegotiation['verdict'], { tone: Tone; says: string }>> = {
  accepted: { tone: 'good', says: 'accepted' },
  refused: { tone: 'bad', says: 'refused' },
  unprotected: { tone: 'warn', says: 'without TLS' },
};

const WHY: TlsColumn = {
  id: 'error',
  title: 'Refused because',
  width: 'minmax(11rem, 11fr)',
  exported: ['error'],
  cell: ({ error }) => error && <Refusal error={error} />,
};

function showEndpoint({ endpoint }: TlsNegotiation) {
  return endpoint;
}

function Refusal({ error }: { error: string }) {
  return (
    <span className={styles['error']} title={visibleText(error)}>
      <OutsideText text={asWords(error)} />
    </span>
  );
}

export const TLS_COLUMNS: readonly TlsColumn[] = [
  {
    id: 'verdict',
    title: 'Verdict',
    width: '7.5rem',
    narrow: 'first',
    exported: ['verdict'],
    cell: ({ verdict }) => (
      <Badge tone={VERDICTS[verdict]?.tone ?? 'idle'}>{VERDICTS[verdict]?.says ?? verdict}</Badge>
    ),
  },
  {
    id: 'endpoint',
    title: 'Endpoint',
    // As many shares as rem, each: the table is no wider than it has to be.
    width: 'minmax(11rem, 11fr)',
    main: true,
    exported: ['endpoint', 'error'],
    cell: ({ endpoint, error }) => (
      <span className={styles['endpoint']}>
        <span className={styles['name']}>{endpoint}</span> {error && <Refusal error={error} />}
      </span>
    ),
  },
  {
    id: 'connection',
    title: 'Connection',
    width: '11.25rem',
    exported: ['channel', 'command'],
    cell: ({ channel, command }) => (
      <>
        {channel}{' '}
        <code>
          <OutsideText text={command} />
        </code>
      </>
    ),
  },
  {
    id: 'version',
    title: 'Version',
    width: '6rem',
    narrow: 'second',
    exported: ['protocol'],
    cell: ({ protocol }) =>
      isOldVersion(protocol) ? <Badge tone="warn">{protocol}</Badge> : (protocol ?? ''),
  },
  {
    id: 'cipher',
    title: 'Cipher',
    width: 'minmax(11rem, 11fr)',
    exported: ['cipher'],
    narrow: 'second',
    cell: ({ cipher }) => cipher && <code className={styles['cipher']}>{cipher}</code>,
  },
  {
    id: 'resumed',
    title: 'Resumed',
    width: '6rem',
    exported: ['resumed'],
    cell: ({ resumed }) => (resumed ? 'resumed' : 'full'),
  },
  {
    id: 'legacy',
    title: 'Legacy policy',
    width: '9rem',
    hidden: true,
    exported: ['legacyPolicy'],
    cell: ({ legacyPolicy }) => legacyPolicy && <Badge tone="warn">{asWords(legacyPolicy)}</Badge>,
  },
  {
    id: 'group',
    title: 'Key exchange',
    width: '8rem',
    hidden: true,
    exported: ['keyExchangeGroup'],
    cell: ({ keyExchangeGroup }) => keyExchangeGroup,
  },
  {
    id: 'started',
    title: 'When',
    width: '8rem',
    numeric: true,
    narrow: 'second',
    exported: ['startedAt'],
    cell: ({ startedAt }) => <Moment at={startedAt} />,
  },
  {
    id: 'handshake',
    title: 'Handshake',
    width: '6.25rem',
    numeric: true,
    exported: ['handshakeMs'],
    cell: ({ handshakeMs }) => showDuration(handshakeMs),
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

/** For a list of refused ones: why has room of its own. */
export const REFUSED_COLUMNS: readonly TlsColumn[] = TLS_COLUMNS.flatMap((column) => {
  if (column.id === 'endpoint') return [{ ...column, exported: ['endpoint'], cell: showEndpoint }, WHY];
  if (column.id === 'resumed' || column.id === 'handshake') return [{ ...column, hidden: true }];
  return [column];
});
