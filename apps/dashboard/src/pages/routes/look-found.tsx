import type { LookObject } from '#contract';
import { PlainWords } from '../../trouble/plain-words.tsx';
import { countOf, showBytes, showCount } from '../../ui/amounts.ts';
import { Disclosure } from '../../ui/disclosure.tsx';
import { Moment } from '../../ui/moment.tsx';
import { useNow } from '../../ui/now.ts';
import { OutsideText } from '../../ui/outside-text.tsx';
import { type SimpleColumn, SimpleTable } from '../../ui/simple-table.tsx';
import { placedPath } from './placed-path.ts';
import styles from './route-form.module.css';

type Looked = LookObject['files'][number];
type Left = NonNullable<Looked['why']>;

const LEFT_WORDS: Readonly<Record<Left, string>> = {
  not_selected: 'matches no pattern',
  excluded: 'left out by a pattern',
  directory: 'a folder that is not looked into',
  not_a_file: 'no file',
  temporary: 'ours, of a transfer under way',
  marker: 'a marker',
  no_marker: 'its marker is not there',
  not_settled: 'still changing',
  no_size: 'the server states no size',
  listed_twice: 'listed twice',
  name_refused: 'a name that cannot be used safely',
};

interface LookFoundProps {
  look: LookObject;
  isStale: boolean;
  places: { destination: string | undefined; name: string; timezone: string | undefined };
  parameters: Readonly<Record<string, string>>;
}

const SHOWN = 100;

/** What was there: first what would be moved, with its place at the destination; behind it the rest, with why not. */
export function LookFound({ look, isStale, places, parameters }: LookFoundProps) {
  const now = useNow();
  const { state, error, files, seen, matched, leftOut, finishedAt } = look;
  if (state === 'queued' || state === 'running')
    return (
      <p className={styles['muted']} role="status">
        {waitingText(look, now)}
      </p>
    );
  if (state === 'failed')
    return (
      <p className={styles['failed']} role="alert">
        <PlainWords text={error?.sentence ?? 'There was no look.'} />
      </p>
    );
  const taken = files.filter(({ matches }) => matches);
  const left = files.filter(({ matches }) => !matches);
  const goesTo = ({ path }: Looked) =>
    places.destination === undefined
      ? undefined
      : placedPath(
          path,
          { source: look.path, destination: places.destination, name: places.name },
          { at: now, timezone: places.timezone, parameters },
        );
  return (
    <div className={isStale ? styles['older'] : undefined}>
      <p role="status" className={styles['found']}>
        <strong>
          {seen === 0 ? 'The folder is empty.' : `${showCount(matched)} of ${countOf(seen, 'file')} match.`}
        </strong>{' '}
        <span className={styles['small']}>
          {matched > 0 && 'A run leaves out what it has moved before. '}
          {finishedAt !== null && (
            <>
              Seen <Moment at={finishedAt} relative />.
            </>
          )}
        </span>
      </p>
      {taken.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also by keyboard
        <section className={styles['scroll']} tabIndex={0} aria-label="Files that match">
          <SimpleTable
            caption="Files that match"
            columns={takenColumns(look.path, places.destination, goesTo)}
            rows={taken.slice(0, SHOWN)}
            rowKey={({ path }) => path}
          />
        </section>
      )}
      {matched > Math.min(taken.length, SHOWN) && (
        <p className={styles['small']}>
          {countOf(matched - Math.min(taken.length, SHOWN), 'more match', 'more match')}.
        </p>
      )}
      {left.length > 0 && (
        <Disclosure title={leftTitle(leftOut)} open={taken.length === 0}>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also by keyboard */}
          <section className={styles['scroll']} tabIndex={0} aria-label="Files that do not match">
            <SimpleTable
              caption="Files that do not match"
              columns={leftColumns(look.path)}
              rows={left.slice(0, SHOWN)}
              rowKey={({ path }) => path}
            />
          </section>
        </Disclosure>
      )}
    </div>
  );
}

/** A worker looks every second: longer than this, there is none. */
const NO_WORKER_MS = 30_000;

function waitingText({ state, createdAt }: LookObject, now: Date): string {
  if (state === 'running') return 'A worker looks …';
  return now.getTime() - Date.parse(createdAt) > NO_WORKER_MS
    ? 'No worker has begun yet. See whether one is running; the look stays asked for.'
    : 'Waiting for a worker …';
}

/** `27 left out: 20 match no pattern, 7 still changing` */
function leftTitle(leftOut: LookObject['leftOut']): string {
  const counts = Object.entries(leftOut) as [Left, number][];
  const all = counts.reduce((sum, [, count]) => sum + count, 0);
  const why = counts
    .sort(([, one], [, other]) => other - one)
    .map(([reason, count]) => `${showCount(count)} ${LEFT_WORDS[reason] ?? reason}`);
  return `${showCount(all)} left out: ${why.join(', ')}`;
}

function takenColumns(
  folder: string,
  destination: string | undefined,
  goesTo: (file: Looked) => string | undefined,
): readonly SimpleColumn<Looked>[] {
  return [
    ...fileColumns(folder),
    {
      id: 'to',
      title: destination === undefined ? 'Goes to' : `Goes to, in ${destination}`,
      cell: (file) => {
        const to = goesTo(file);
        if (to === undefined) return <span className={styles['muted']}>–</span>;
        return <Path path={belowOf(to, destination ?? '/')} />;
      },
    },
  ];
}

function fileColumns(folder: string): readonly SimpleColumn<Looked>[] {
  return [
    {
      id: 'path',
      title: `File in ${folder}`,
      main: true,
      cell: ({ path }) => <Path path={belowOf(path, folder)} />,
    },
    {
      id: 'size',
      title: 'Size',
      numeric: true,
      cell: ({ sizeBytes }) => (sizeBytes === null ? '–' : showBytes(sizeBytes)),
    },
  ];
}

function leftColumns(folder: string): readonly SimpleColumn<Looked>[] {
  return [
    ...fileColumns(folder),
    {
      id: 'why',
      title: 'Why not',
      // Its own sentence says more than the kind of reason.
      cell: ({ why, says }) => <OutsideText text={says ?? (why === null ? '' : (LEFT_WORDS[why] ?? why))} />,
    },
  ];
}

function Path({ path }: { path: string }) {
  return (
    <span className={styles['file']}>
      <OutsideText text={path} />
    </span>
  );
}

/** Without the folder that all have in common. */
function belowOf(path: string, folder: string): string {
  const prefix = folder.endsWith('/') ? folder : `${folder}/`;
  return path.startsWith(prefix) && path.length > prefix.length ? path.slice(prefix.length) : path;
}
