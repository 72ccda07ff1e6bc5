import { Link } from '@tanstack/react-router';
import type { Attempt } from '#contract';
import { phaseInWords } from '../../../trouble/next-steps.ts';
import { showDuration } from '../../../ui/amounts.ts';
import { joinClasses } from '../../../ui/join-classes.ts';
import { Moment } from '../../../ui/moment.tsx';
import { Badge, type Tone } from '../../../ui/state-badge.tsx';
import styles from './transfer.module.css';

const TONES: Readonly<Record<Attempt['outcome'], Tone>> = {
  running: 'busy',
  delivered: 'good',
  failed: 'bad',
  held: 'warn',
  abandoned: 'warn',
  cancelled: 'idle',
};

interface AttemptListProps {
  attempts: readonly Attempt[];
  chosen: Attempt;
  zone: string | undefined;
}

/** Every try, the last one first; the chosen one's evidence is shown below. */
export function AttemptList({ attempts, chosen, zone }: AttemptListProps) {
  return (
    <ol className={styles['attempts']} aria-label="Attempts">
      {attempts.toReversed().map((attempt) => {
        const { id, number, outcome, worker, startedAt, finishedAt, error } = attempt;
        const isChosen = id === chosen.id;
        return (
          <li key={id} className={joinClasses(styles['attempt'], isChosen && styles['chosen'])}>
            {attempts.length === 1 ? (
              <strong>Attempt 1</strong>
            ) : (
              <Link
                to="/transfers/$id"
                params={{ id: attempt.transferId }}
                search={(before) => ({
                  ...before,
                  attempt: attempt.id === attempts.at(-1)?.id ? undefined : String(number),
                })}
                replace
                resetScroll={false}
                aria-current={isChosen ? 'true' : undefined}
              >
                Attempt {number}
              </Link>
            )}
            <Badge tone={TONES[outcome] ?? 'idle'}>{outcome}</Badge>
            <span className={styles['muted']}>
              <Moment at={startedAt} routeZone={zone} />
              {finishedAt && `, took ${showDuration(Date.parse(finishedAt) - Date.parse(startedAt))}`}
              {', by '}
              <span className={styles['worker']}>{worker}</span>
            </span>
            {error && (
              <span className={styles['attemptError']}>
                <code>{error.code}</code>
                {error.phase && ` while ${phaseInWords(error.phase)}`}
              </span>
            )}
          </li>
        );
      })}
    </ol>
  );
}
