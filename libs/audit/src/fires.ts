import { randomUUID } from 'node:crypto';
import type { FireOutcome, ScheduleDefinition, TransferRoute } from '#domain';
import type { Store, Tx } from '#store';
import { recordEvents, SCHEDULER } from './events.ts';
import { defaultParameters } from './run-parameters.ts';
import { type CreatedRun, insertRuns } from './run-requests.ts';

export interface DueSchedule {
  id: string;
  routeId: string;
  routeName: string;
  definition: ScheduleDefinition;
  nextFireAt: Date;
  now: Date;
  runningRuns: number;
  queuedRuns: number;
}

export interface FireDecision {
  fires: { dueAt: Date; outcome: FireOutcome; reason?: string | undefined }[];
  nextFireAt: Date | null;
}

export interface RecordedFires {
  routeName: string;
  fires: FireDecision['fires'];
  runs: CreatedRun[];
}

/** Schedules whose fires one transaction records: a thousand may be due in the same second. */
const SCHEDULES_AT_ONCE = 100;

/**
 * Takes due schedules under row locks, lets the pure rules decide, and records their next fires, the fires and the runs in
 * ONE transaction. Empty when nothing is due (or others hold what is).
 */
export async function recordFires(
  store: Store,
  decide: (due: DueSchedule) => FireDecision,
): Promise<RecordedFires[]> {
  return store.transaction(async (tx) => {
    const due = await takeDueSchedules(tx);
    if (due.length === 0) return [];
    const decided = due.map((schedule) => ({ schedule, ...decide(schedule) }));
    await moveNextFires(tx, decided);
    const fires = decided.flatMap(({ schedule, fires }) =>
      fires.map((fire) => ({ id: randomUUID(), schedule, ...fire })),
    );
    await insertFires(tx, fires);
    const routes = await tx.transferRoute.findMany({
      where: { id: { in: due.map(({ routeId }) => routeId) } },
    });
    const routeOf = new Map(routes.map((route) => [route.id, route]));
    const runs = await insertRuns(
      tx,
      fires
        .filter(({ outcome }) => outcome === 'run')
        .map(({ id, schedule }) => {
          const route = routeOf.get(schedule.routeId)!;
          return {
            route,
            wanted: {
              trigger: 'schedule',
              requestedBy: SCHEDULER,
              idempotencyKey: null,
              parameters: defaultParameters(route.definition as unknown as TransferRoute),
              fireId: id,
            },
          };
        }),
    );
    // Fires have no keys: none of them has a twin.
    const runsOf = Map.groupBy(
      runs.filter((run) => run !== undefined),
      ({ routeName }) => routeName,
    );
    return decided.map(({ schedule: { routeName }, fires }) => ({
      routeName,
      fires,
      runs: runsOf.get(routeName) ?? [],
    }));
  });
}

async function takeDueSchedules(tx: Tx): Promise<DueSchedule[]> {
  const rows = await tx.$queryRaw<
    {
      id: string;
      route_id: string;
      route_name: string;
      definition: ScheduleDefinition;
      next_fire_at: Date;
      now: Date;
      running: bigint;
      queued: bigint;
    }[]
  >`
    SELECT schedule.id::text, schedule.route_id::text, transfer_route.name AS route_name, schedule.definition,
           schedule.next_fire_at, now() AS now,
           (SELECT count(*) FROM run WHERE run.route_id = schedule.route_id AND run.state = 'running') AS running,
           (SELECT count(*) FROM run WHERE run.route_id = schedule.route_id AND run.state = 'queued') AS queued
      FROM schedule JOIN transfer_route ON transfer_route.id = schedule.route_id AND transfer_route.enabled
     WHERE schedule.next_fire_at <= now()
     ORDER BY schedule.next_fire_at
     LIMIT ${SCHEDULES_AT_ONCE}
       FOR UPDATE OF schedule SKIP LOCKED`;
  return rows.map((row) => ({
    id: row.id,
    routeId: row.route_id,
    routeName: row.route_name,
    definition: row.definition,
    nextFireAt: row.next_fire_at,
    now: row.now,
    runningRuns: Number(row.running),
    queuedRuns: Number(row.queued),
  }));
}

/** The row locks let nobody else move them; each due moment's unique key is the guard behind. */
async function moveNextFires(
  tx: Tx,
  decided: readonly { schedule: DueSchedule; nextFireAt: Date | null }[],
): Promise<void> {
  const next = decided.map(({ schedule, nextFireAt }) => ({ id: schedule.id, at: nextFireAt }));
  await tx.$executeRaw`
    UPDATE schedule SET next_fire_at = next.at
      FROM jsonb_to_recordset(${JSON.stringify(next)}::jsonb) AS next(id uuid, at timestamptz)
     WHERE schedule.id = next.id`;
}

async function insertFires(
  tx: Tx,
  fires: readonly (FireDecision['fires'][number] & { id: string; schedule: DueSchedule })[],
): Promise<void> {
  await tx.fire.createMany({
    data: fires.map(({ id, schedule, dueAt, outcome, reason }) => ({
      id,
      scheduleId: schedule.id,
      dueAt,
      outcome,
      reason: reason ?? null,
    })),
  });
  await recordEvents(
    tx,
    fires.map(({ id, schedule, dueAt, outcome, reason }) => ({
      actor: SCHEDULER,
      action: `fire.${outcome}`,
      object: 'fire',
      objectId: id,
      details: {
        route: schedule.routeName,
        dueAt,
        lateMs: schedule.now.getTime() - dueAt.getTime(),
        reason,
      },
    })),
  );
}
