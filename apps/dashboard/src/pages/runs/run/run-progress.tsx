import { useQuery } from '@tanstack/react-query';
import type { Run, UnderWayObject } from '#contract';
import { wholeSeconds } from '../../../files/progress-text.ts';
import { runMillisecondsLeft, totalOf } from '../../../files/state-counts.ts';
import { useLiveRun } from '../../../live/live.tsx';
import type { LiveFile } from '../../../live/live-run.ts';
import { countOf, showBytes } from '../../../ui/amounts.ts';
import { useNow } from '../../../ui/now.ts';
import { Section } from '../../../ui/page.tsx';
import { Progress } from '../../../ui/progress.tsx';
import { CountBar } from './count-bar.tsx';
import styles from './run.module.css';
import { firstProgressQuery, isOver } from './run-queries.ts';
import { UnderWay } from './under-way.tsx';

/** How far the run is, as it happens: its files by state, bytes, rate, time left, and what its lanes have in hand. */
export function RunProgress({ run }: { run: Run }) {
  const over = isOver(run);
  const live = useLiveRun(run.id);
  // Read again when the run has come to its end: then it says the last word.
  const first = useQuery(firstProgressQuery(run.id, over));
  const now = useNow();
  const counts = over ? run.transferCounts : (live?.transferCounts ?? run.transferCounts);
  const total = totalOf(counts);
  const deliveredBytes = Math.max(live?.deliveredBytes ?? 0, first.data?.deliveredBytes ?? 0);
  const underWay = over ? [] : (live?.underWay ?? stillFresh(first.data?.underWay ?? [], now));
  const elapsedMs = run.startedAt ? now.getTime() - Date.parse(run.startedAt) : 0;
  const leftMs = over ? undefined : runMillisecondsLeft(counts, elapsedMs);
  const said = [
    countOf(total, 'file'),
    `${showBytes(deliveredBytes)} delivered`,
    !over && live?.bytesPerSecond !== undefined && `${showBytes(live.bytesPerSecond)}/s`,
    leftMs !== undefined && `about ${wholeSeconds(leftMs)} left`,
  ].filter(Boolean);
  return (
    <Section
      title="Progress"
      actions={total > 0 && <span className={styles['muted']}>{said.join(' · ')}</span>}
    >
      {total > 0 ? (
        <CountBar counts={counts} />
      ) : over ? (
        <p className={styles['muted']}>{emptySentence(run)}</p>
      ) : run.state === 'queued' ? (
        <p className={styles['muted']}>It has not begun: it waits for a worker.</p>
      ) : (
        <Progress label="The run" share={null} text="The source is being listed" />
      )}
      {underWay.length > 0 && <UnderWay files={underWay} />}
    </Section>
  );
}

/** Nobody tells what becomes of them while the stream is away: as long as a silent worker's files are told of. */
const FRESH_MS = 15_000;

function stillFresh(files: readonly UnderWayObject[], now: Date): LiveFile[] {
  return files
    .filter(({ at }) => now.getTime() - Date.parse(at) < FRESH_MS)
    .map((file) => ({ ...file, bytesPerSecond: undefined }));
}

function emptySentence({ state }: Run): string {
  if (state === 'delivered')
    return 'The source had no file that the route selects. There was nothing to move.';
  if (state === 'cancelled') return 'It was cancelled before any file was listed.';
  return 'It ended before any file was listed.';
}
