import type { Run, Transfer } from '#contract';
import type { Tone } from '../ui/state-badge.tsx';

type Counts = Run['transferCounts'];
type State = Transfer['state'];

export type CountKind =
  | 'delivered'
  | 'suppressed'
  | 'under_way'
  | 'planned'
  | 'held'
  | 'failed'
  | 'cancelled';

export interface CountPart {
  kind: CountKind;
  /** As it stands in the legend: `3 under way`. */
  title: string;
  tone: Tone;
  count: number;
  /** For the filter of the list; undefined where several states are one part. */
  state: State | undefined;
}

const PARTS: readonly { kind: CountKind; title: string; tone: Tone; states: readonly State[] }[] = [
  { kind: 'delivered', title: 'delivered', tone: 'good', states: ['delivered'] },
  { kind: 'suppressed', title: 'already delivered earlier', tone: 'idle', states: ['suppressed'] },
  {
    kind: 'under_way',
    title: 'under way',
    tone: 'busy',
    states: ['claimed', 'streaming', 'verifying', 'publishing', 'disposing'],
  },
  { kind: 'held', title: 'held', tone: 'warn', states: ['held'] },
  { kind: 'failed', title: 'failed', tone: 'bad', states: ['failed'] },
  { kind: 'cancelled', title: 'cancelled', tone: 'idle', states: ['cancelled'] },
  { kind: 'planned', title: 'waiting', tone: 'idle', states: ['planned'] },
];

/** What the transfers of a run are, in the order of the bar: what is done first, what has not begun last. */
export function partsOf(counts: Counts): CountPart[] {
  return PARTS.flatMap(({ states, ...part }) => {
    const count = states.reduce((sum, state) => sum + (counts[state] ?? 0), 0);
    return count === 0 ? [] : [{ ...part, count, state: states.length === 1 ? states[0] : undefined }];
  });
}

export function totalOf(counts: Counts): number {
  return Object.values(counts).reduce((sum, count) => sum + (count ?? 0), 0);
}

/** Nothing will happen to them by itself. */
export function settledOf(counts: Counts): number {
  const settled: readonly State[] = ['delivered', 'suppressed', 'held', 'failed', 'cancelled'];
  return settled.reduce((sum, state) => sum + (counts[state] ?? 0), 0);
}

/** Fewer say nothing about the others. */
const ENOUGH_DONE = 3;

/** How long the rest of the files takes if it goes on as up to now; undefined where there is no telling. */
export function runMillisecondsLeft(counts: Counts, elapsedMs: number): number | undefined {
  const settled = settledOf(counts);
  const left = totalOf(counts) - settled;
  // What was delivered earlier took no time.
  const done = settled - (counts.suppressed ?? 0);
  if (left === 0 || done < ENOUGH_DONE || elapsedMs <= 0) return undefined;
  return (left * elapsedMs) / done;
}

/** What a rerun would take up, and what it leaves; undefined where the api would refuse it. */
export function rerunSays(run: Pick<Run, 'state' | 'transferCounts' | 'files'>): string | undefined {
  if (run.state === 'queued' || run.state === 'running') return undefined;
  const { failed = 0, cancelled = 0, held = 0 } = run.transferCounts;
  if (totalOf(run.transferCounts) === 0) {
    if (run.state === 'delivered') return undefined;
    return run.files === null
      ? 'Nothing was listed: the source is listed anew, and what the route selects is moved.'
      : 'Nothing was listed: the files that were asked for are looked for anew.';
  }
  const left = failed + cancelled;
  if (left === 0) return undefined;
  const files = [failed > 0 && `${failed} failed`, cancelled > 0 && `${cancelled} cancelled`].filter(Boolean);
  const taken = `It takes up ${files.join(' and ')} ${left === 1 ? 'file' : 'files'}. What is delivered is not sent again.`;
  if (held === 0) return taken;
  return `${taken} ${held} held ${held === 1 ? 'file waits for its' : 'files wait for their'} decision.`;
}

/** Causes of failed files, the most frequent first. */
export function groupByCause<Item extends Pick<Transfer, 'error'>>(
  items: readonly Item[],
): { error: NonNullable<Transfer['error']>; items: Item[] }[] {
  const groups = new Map<string, { error: NonNullable<Transfer['error']>; items: Item[] }>();
  for (const item of items) {
    if (!item.error) continue;
    const group = groups.get(item.error.code);
    if (group) group.items.push(item);
    else groups.set(item.error.code, { error: item.error, items: [item] });
  }
  return [...groups.values()].sort((one, other) => other.items.length - one.items.length);
}
