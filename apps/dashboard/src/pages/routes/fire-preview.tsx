import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../../api/call.ts';
import { fieldProblems } from '../../api/problem.ts';
import { isObject, type Json, readPath } from '../../forms/path.ts';
import { ProblemNotice } from '../../ui/problem-notice.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { FireList } from './fire-list.tsx';
import { type Outage, OutageField } from './outage.tsx';
import { readCron } from './read-cron.ts';
import styles from './route-form.module.css';
import { useDebounced } from './use-debounced.ts';
import { isZone } from './zones.ts';

const PAUSE_MS = 400;
const SHOWN = 6;
const CLOCK = /^([01]\d|2[0-3]):[0-5]\d$/;

/** When what is filled in would fire, as the scheduler would decide it; follows each change. */
export function FirePreview({ route }: { route: Json }) {
  const question = useDebounced(questionOf(route), PAUSE_MS);
  const [outage, setOutage] = useState<Outage>();
  const supposed = outage && { from: outage.from, downUntil: outage.downUntil };
  const preview = useQuery({
    queryKey: ['previewUnsavedSchedule', question, supposed],
    queryFn: () =>
      call('previewUnsavedSchedule', { body: { ...question!, ...supposed, count: SHOWN } as never }),
    enabled: question !== undefined,
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  });
  return (
    <section className={styles['preview']} aria-label="Next fires">
      <h3>Next fires</h3>
      {question === undefined ? (
        <p className={styles['muted']}>They appear here as soon as expression and time zone are there.</p>
      ) : preview.error ? (
        <Refusal error={preview.error} onRetry={() => void preview.refetch()} />
      ) : preview.data ? (
        <>
          <div className={preview.isPlaceholderData ? styles['older'] : undefined}>
            <FireList preview={preview.data} />
            <p className={styles['small']}>
              {preview.data.misfire.says} {preview.data.overlap.says}
            </p>
          </div>
          <div className={styles['outage']}>
            <OutageField outage={outage} onChange={setOutage} />
          </div>
        </>
      ) : (
        <Skeleton height="11rem" />
      )}
    </section>
  );
}

function Refusal({ error, onRetry }: { error: unknown; onRetry(): void }) {
  const problems = fieldProblems(error);
  if (problems.length === 0)
    return <ProblemNotice error={error} what="The next fires could not be worked out" onRetry={onRetry} />;
  return (
    <ul className={styles['wrong']}>
      {problems.map(({ path, message }) => (
        <li key={path}>
          <code>{path.replace(/^body\.?/, '')}</code> {message}
        </li>
      ))}
    </ul>
  );
}

/** Only what can be answered is asked: not every letter of a half-typed zone. */
function questionOf(route: Json): { schedule: Json; window?: Json } | undefined {
  const { schedule, window } = route;
  if (!isObject(schedule)) return undefined;
  const { cron, timezone } = schedule;
  if (typeof cron !== 'string' || !readCron(cron).ok) return undefined;
  if (typeof timezone !== 'string' || !isZone(timezone)) return undefined;
  return isWhole(window) ? { schedule, window } : { schedule };
}

function isWhole(window: unknown): window is Json {
  const [from, to, timezone] = ['from', 'to', 'timezone'].map((key) => readPath(window, key));
  return (
    [from, to].every((time) => typeof time === 'string' && CLOCK.test(time)) &&
    from !== to &&
    typeof timezone === 'string' &&
    isZone(timezone)
  );
}
