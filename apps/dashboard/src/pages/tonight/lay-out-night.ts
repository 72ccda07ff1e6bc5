import type { Run, UpcomingFiresObject } from '#contract';
import { type Tone, toneOf } from '../../ui/state-badge.tsx';
import { shareOf, type TimeWindow } from './time-window.ts';

type Fire = UpcomingFiresObject['fires'][number];

/** What stands at one place of a row: one run, several that would cover each other, or what is still to come. */
export interface Mark {
  key: string;
  /** Of the window: 0 to 1. */
  begin: number;
  end: number;
  tone: Tone;
  /** One run is a link to it; several lead to the list. */
  runs: Run[];
  fires: Fire[];
}

export interface NightRow {
  /** null: of no partner, between folders of our own. */
  partner: string | null;
  marks: Mark[];
  /** How many runs are in which kind of trouble; kinds without any are left out. */
  trouble: { state: Trouble; count: number }[];
}

const TROUBLE = ['failed', 'held', 'partly_delivered'] as const satisfies readonly Run['state'][];
export type Trouble = (typeof TROUBLE)[number];

interface Night {
  runs: readonly Run[];
  fires: readonly Fire[];
  partnersOf: ReadonlyMap<string, readonly string[]>;
  window: TimeWindow;
  now: number;
  /** Marks narrower than this share of the window become one. */
  finest: number;
}

/** What is worst first: a green hour must not cover a red run. */
const TONES_BY_WEIGHT: readonly Tone[] = ['bad', 'warn', 'busy', 'good', 'idle'];

/** The time line: a row for each partner, those with trouble on top, and in it what was, what is and what comes. */
export function layOutNight(night: Night): NightRow[] {
  const rows = new Map<string | null, { runs: Run[]; fires: Fire[] }>();
  const rowOf = (partner: string | null) => {
    const found = rows.get(partner);
    if (found) return found;
    const made = { runs: [], fires: [] };
    rows.set(partner, made);
    return made;
  };
  for (const run of night.runs) for (const partner of whose(night, run.route)) rowOf(partner).runs.push(run);
  for (const fire of night.fires)
    for (const partner of whose(night, fire.route)) rowOf(partner).fires.push(fire);
  return [...rows].map(([partner, row]) => layOutRow(partner, row, night)).sort(compareRows);
}

function whose({ partnersOf }: Night, route: string): readonly (string | null)[] {
  const partners = partnersOf.get(route) ?? [];
  return partners.length > 0 ? partners : [null];
}

function layOutRow(partner: string | null, row: { runs: Run[]; fires: Fire[] }, night: Night): NightRow {
  const marks = [
    ...row.runs.flatMap((run) => markOfRun(run, night) ?? []),
    ...row.fires.flatMap((fire) => markOfFire(fire, night) ?? []),
  ];
  return {
    partner,
    marks: joinClose(marks, night.finest),
    trouble: TROUBLE.map((state) => ({ state, count: countOf(row.runs, state) })).filter(
      ({ count }) => count > 0,
    ),
  };
}

function countOf(runs: readonly Run[], state: Run['state']): number {
  return runs.filter((run) => run.state === state).length;
}

function markOfRun(run: Run, { window, now, finest }: Night): Mark | undefined {
  const begin = shareOf(window, Date.parse(run.startedAt ?? run.createdAt));
  const end = shareOf(window, run.finishedAt === null ? now : Date.parse(run.finishedAt));
  if (end < 0 || begin > 1) return undefined;
  const from = Math.max(begin, 0);
  return {
    key: run.id,
    begin: from,
    end: Math.min(Math.max(end, from + finest), 1),
    tone: toneOf(run.state),
    runs: [run],
    fires: [],
  };
}

function markOfFire(fire: Fire, { window, finest }: Night): Mark | undefined {
  const at = shareOf(window, Date.parse(fire.dueAt));
  if (at < 0 || at > 1) return undefined;
  const end = Math.min(at + finest, 1);
  return { key: `${fire.route} ${fire.dueAt}`, begin: at, end, tone: 'idle', runs: [], fires: [fire] };
}

/**
 * Marks that would cover each other become one of the same kind: worst tone of its runs. What has been and what is to come
 * stay apart, and so does trouble from what went well.
 */
function joinClose(marks: readonly Mark[], finest: number): Mark[] {
  const joined: Mark[] = [];
  const kinds = Map.groupBy(marks, ({ tone, fires }) =>
    fires.length > 0 ? 'coming' : isTrouble(tone) ? tone : 'well',
  );
  for (const kind of kinds.values()) {
    let last: Mark | undefined;
    for (const mark of kind.toSorted((one, other) => one.begin - other.begin)) {
      if (last && mark.begin <= last.end + finest / 2) {
        last.end = Math.max(last.end, mark.end);
        last.tone = worseOf(last.tone, mark.tone);
        last.runs.push(...mark.runs);
        last.fires.push(...mark.fires);
      } else {
        last = { ...mark, runs: [...mark.runs], fires: [...mark.fires] };
        joined.push(last);
      }
    }
  }
  return joined.sort((one, other) => one.begin - other.begin);
}

function isTrouble(tone: Tone): boolean {
  return tone === 'bad' || tone === 'warn';
}

function worseOf(one: Tone, other: Tone): Tone {
  return TONES_BY_WEIGHT.find((tone) => tone === one || tone === other)!;
}

function sumOf({ trouble }: NightRow): number {
  return trouble.reduce((sum, { count }) => sum + count, 0);
}

function compareRows(one: NightRow, other: NightRow): number {
  return (
    sumOf(other) - sumOf(one) ||
    Number(one.partner === null) - Number(other.partner === null) ||
    (one.partner ?? '').localeCompare(other.partner ?? '', 'en')
  );
}
