import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Installation } from './installation.ts';
import { type Bench, judged, type Measured } from './measured.ts';
import { configuration } from './routes.ts';

const MOST_SECONDS = 5;
/** Applying a thousand routes must be over before they are due. */
const AHEAD_MS = 20_000;
const PATIENCE_MS = 120_000;

interface Fire {
  route: string;
  dueAt: string;
  recordedAt: string;
  outcome: string;
  runId: string | null;
}

/** As many schedules due in the same second: each fire on record soon, each with one run. */
export async function schedulesRow(bench: Bench, installation: Installation): Promise<Measured[]> {
  const disk = join(installation.home, 'files');
  await mkdir(join(disk, 'empty'), { recursive: true });
  const due = new Date(Math.ceil((Date.now() + AHEAD_MS) / 60_000) * 60_000);
  const cron = `${due.getUTCMinutes()} ${due.getUTCHours()} ${due.getUTCDate()} ${due.getUTCMonth() + 1} *`;
  const routes = Array.from({ length: bench.schedules }, (_, index) => ({
    name: `due-${index}`,
    source: { endpoint: 'disk', path: '/empty', settleMs: 0 },
    destination: { endpoint: 'disk', path: '/elsewhere' },
    schedule: { cron, timezone: 'UTC' },
  }));
  await installation.apply(configuration(bench, disk, routes));
  if (Date.now() > due.getTime()) throw new Error('applying the routes took longer than until they were due');
  const fires = await firesOf(installation, due, bench.schedules);
  const lateSeconds = fires.map((fire) => (Date.parse(fire.recordedAt) - due.getTime()) / 1000);
  const runs = new Set(fires.map(({ runId }) => runId).filter((id) => id !== null));
  return [
    judged('last fire on record', Math.max(...lateSeconds), MOST_SECONDS, 's after it was due'),
    judged('fires too few or too many', Math.abs(fires.length - bench.schedules), 0, ''),
    judged('fires without a run of its own', fires.length - runs.size, 0, ''),
  ];
}

async function firesOf(installation: Installation, due: Date, wanted: number): Promise<Fire[]> {
  const end = due.getTime() + PATIENCE_MS;
  for (;;) {
    const fires: Fire[] = [];
    let cursor: string | null = null;
    do {
      const page: { items: Fire[]; nextCursor: string | null } = await installation.get(
        `/fires?limit=200${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
      );
      fires.push(...page.items.filter((fire) => Date.parse(fire.dueAt) === due.getTime()));
      cursor = page.items.some((fire) => Date.parse(fire.dueAt) < due.getTime()) ? null : page.nextCursor;
    } while (cursor !== null);
    if (fires.length >= wanted || Date.now() > end) return fires;
    await pause(500);
  }
}
