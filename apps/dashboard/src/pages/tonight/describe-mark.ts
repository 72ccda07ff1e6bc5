import { countOf } from '../../ui/amounts.ts';
import { shortMoment } from '../../ui/moment-text.ts';
import type { Mark } from './lay-out-night.ts';

/** A mark in words, for who points at it and for who cannot see it. */
export function describeMark({ runs, fires }: Mark, zone: string, now: Date): string {
  const time = (at: string) => shortMoment(new Date(at), zone, now);
  if (fires.length === 1) return `${fires[0]!.route} due ${time(fires[0]!.dueAt)}`;
  if (fires.length > 1) {
    return `${countOf(fires.length, 'fire')} due ${time(fires[0]!.dueAt)} to ${time(fires.at(-1)!.dueAt)}: ${namesOf(fires)}`;
  }
  const [run] = runs;
  if (runs.length === 1 && run) {
    const began = time(run.startedAt ?? run.createdAt);
    return `${run.route} ${wordOf(run.state)}, ${began}${run.finishedAt === null ? '' : ` to ${time(run.finishedAt)}`}`;
  }
  const states = [...Map.groupBy(runs, ({ state }) => state)].map(
    ([state, of]) => `${of.length} ${wordOf(state)}`,
  );
  return `${countOf(runs.length, 'run')}, ${states.join(', ')}: ${namesOf(runs)}`;
}

function wordOf(state: string): string {
  return state.replaceAll('_', ' ');
}

const NAMED = 3;

function namesOf(of: readonly { route: string }[]): string {
  const names = [...new Set(of.map(({ route }) => route))];
  const more = names.length - NAMED;
  return [...names.slice(0, NAMED), ...(more > 0 ? [`${more} more`] : [])].join(', ');
}
