import type { Run, Transfer } from '#contract';
import { joinClasses } from './join-classes.ts';
import styles from './state-badge.module.css';

export type Tone = 'good' | 'busy' | 'warn' | 'bad' | 'idle';
type State = Run['state'] | Transfer['state'];

/** What the colours mean, everywhere: green is done, blue under way, amber needs a person, red failed, grey is at rest. */
const TONES: Readonly<Record<State, Tone>> = {
  queued: 'idle',
  running: 'busy',
  delivered: 'good',
  partly_delivered: 'warn',
  failed: 'bad',
  held: 'warn',
  cancelled: 'idle',
  planned: 'idle',
  claimed: 'busy',
  streaming: 'busy',
  verifying: 'busy',
  publishing: 'busy',
  disposing: 'busy',
  suppressed: 'idle',
};

export function toneOf(state: State): Tone {
  // A newer api may know one more.
  return TONES[state] ?? 'idle';
}

/** Never colour alone: the word is always there. */
export function StateBadge({ state }: { state: State }) {
  return <Badge tone={toneOf(state)}>{state.replaceAll('_', ' ')}</Badge>;
}

export function Badge({ tone, children }: { tone: Tone; children: React.ReactNode }) {
  return <span className={joinClasses(styles['badge'], styles[tone])}>{children}</span>;
}
