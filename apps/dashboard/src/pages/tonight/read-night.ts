import type { Run } from '#contract';
import { call } from '../../api/call.ts';

export interface NightRuns {
  /** Newest first. */
  runs: Run[];
  /** Before this moment only runs in trouble are there: the window holds more than are read. */
  completeFrom: number;
}

const MOST_PAGES = 5;
const PAGE = 200;
const TROUBLE = ['failed', 'held', 'partly_delivered'] as const;
/** So many old runs that are still under way are looked at one by one. */
const MOST_OLD = 20;

/**
 * The runs of the window. What was read before is not read again: pages are asked for, newest first, until one holds nothing
 * but runs that were over already.
 */
export async function readNight(from: number, before: NightRuns | undefined): Promise<NightRuns> {
  const known = new Map(before?.runs.map((run) => [run.id, run]));
  const since = new Date(from).toISOString();
  const reaches = before !== undefined && before.completeFrom <= from;
  const fresh: Run[] = [];
  let cursor: string | undefined;
  let completeFrom = from;
  for (let page = 1; ; page++) {
    const { items, nextCursor } = await call('listRuns', { query: { since, limit: PAGE, cursor } });
    fresh.push(...items);
    if (nextCursor === null) break;
    if (reaches && items.every(({ id }) => isOver(known.get(id)))) break;
    if (page === MOST_PAGES) {
      completeFrom = Date.parse(items.at(-1)!.createdAt);
      break;
    }
    cursor = nextCursor;
  }
  const runs = new Map([...known, ...fresh.map((run) => [run.id, run] as const)]);
  if (completeFrom > from) for (const run of await readTrouble(since)) runs.set(run.id, run);
  for (const run of await readOld([...runs.values()], fresh)) runs.set(run.id, run);
  return {
    runs: [...runs.values()]
      .filter((run) => endOf(run) >= from)
      .sort((one, other) => (one.createdAt < other.createdAt ? 1 : -1)),
    completeFrom,
  };
}

function isOver(run: Run | undefined): boolean {
  return run !== undefined && run.finishedAt !== null;
}

function endOf({ finishedAt, createdAt }: Run): number {
  return finishedAt === null
    ? Number.POSITIVE_INFINITY
    : Math.max(Date.parse(finishedAt), Date.parse(createdAt));
}

/** However many there are, those that need somebody are among them. */
async function readTrouble(since: string): Promise<Run[]> {
  const pages = await Promise.all(
    TROUBLE.map((state) => call('listRuns', { query: { since, state, limit: PAGE } })),
  );
  return pages.flatMap(({ items }) => items);
}

/** Runs that began long ago and were not over when they were seen last. */
async function readOld(runs: readonly Run[], fresh: readonly Run[]): Promise<Run[]> {
  const seen = new Set(fresh.map(({ id }) => id));
  const old = runs.filter((run) => !isOver(run) && !seen.has(run.id)).slice(0, MOST_OLD);
  return Promise.all(old.map(({ id }) => call('getRun', { params: { id } })));
}
