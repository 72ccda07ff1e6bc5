import type { Actor, FireOutcome, RunTrigger, ScheduleDefinition, TransferRoute } from '#domain';
import type { Store, Tx } from '#store';
import { recordEvent, recordEvents, runEvent, SCHEDULER } from './events.ts';

/** No route of this name exists. */
export class UnknownRoute extends Error {
  constructor(routeName: string) {
    super(`There is no route "${routeName}". \`waybill export\` lists the routes.`);
    this.name = 'UnknownRoute';
  }
}

/** The route exists but is switched off. */
export class RouteDisabled extends Error {
  constructor(routeName: string) {
    super(`The route "${routeName}" is switched off (enabled: false). Switch it on before running it.`);
    this.name = 'RouteDisabled';
  }
}

export interface RunRequest {
  routeName: string;
  trigger: Exclude<RunTrigger, 'schedule'>;
  requestedBy: Actor;
  /** The same key on the same route returns the same run. */
  idempotencyKey?: string | undefined;
  parameters?: Record<string, string> | undefined;
}

/** What the callers need to answer and to ring the queue. */
export interface CreatedRun {
  id: string;
  routeName: string;
  lanes: number;
  priority: number;
  /** Only workers that carry it take the run. */
  workerTag?: string | undefined;
}

/** What to ring for a run, wherever that is done. */
export function doorbellOf(run: Pick<CreatedRun, 'id' | 'priority' | 'workerTag'>): {
  runId: string;
  lane: number;
  priority: number;
  tag: string | undefined;
} {
  return { runId: run.id, lane: 0, priority: run.priority, tag: run.workerTag };
}

interface RouteRow {
  id: string;
  name: string;
  enabled: boolean;
  priority: number;
  definition: unknown;
}

/** Operators' and programs' way in; the schedule's is `recordFires`. Both end in `insertRun`. */
export async function createRun(
  store: Store,
  request: RunRequest,
): Promise<{ run: CreatedRun; created: boolean }> {
  return store.transaction(async (tx) => {
    const route = await tx.transferRoute.findUnique({ where: { name: request.routeName } });
    if (!route) throw new UnknownRoute(request.routeName);
    const existing = await findByKey(tx, route, request.idempotencyKey);
    if (existing) return { run: existing, created: false };
    if (!route.enabled) throw new RouteDisabled(route.name);
    const run = await insertRun(tx, route, {
      trigger: request.trigger,
      requestedBy: request.requestedBy,
      idempotencyKey: request.idempotencyKey ?? null,
      parameters: request.parameters ?? {},
      fireId: null,
    });
    return run
      ? { run, created: true }
      : { run: (await findByKey(tx, route, request.idempotencyKey))!, created: false };
  });
}

export async function findByKey(tx: Tx, route: RouteRow, key: string | undefined): Promise<CreatedRun | undefined> {
  if (key === undefined) return undefined;
  const row = await tx.run.findUnique({
    where: { routeId_idempotencyKey: { routeId: route.id, idempotencyKey: key } },
  });
  if (!row) return undefined;
  return {
    id: row.id,
    routeName: route.name,
    lanes: row.lanes,
    priority: row.priority,
    workerTag: tagOf(route),
  };
}

interface NewRun {
  trigger: RunTrigger;
  requestedBy: Actor;
  idempotencyKey: string | null;
  parameters: Record<string, string>;
  fireId: string | null;
  rerunOfId?: string | undefined;
}

/** undefined when another request with the same idempotency key was faster. */
export async function insertRun(tx: Tx, route: RouteRow, wanted: NewRun): Promise<CreatedRun | undefined> {
  const definition = route.definition as TransferRoute;
  const lanes = Math.max(1, definition.lanes);
  const rows = await tx.$queryRaw<{ id: string }[]>`
    INSERT INTO run (route_id, fire_id, trigger, requested_by, idempotency_key, parameters, priority, lanes, rerun_of_id)
    VALUES (${route.id}::uuid, ${wanted.fireId}::uuid, ${wanted.trigger}, ${wanted.requestedBy.name},
            ${wanted.idempotencyKey}, ${JSON.stringify(wanted.parameters)}::jsonb, ${route.priority}, ${lanes},
            ${wanted.rerunOfId ?? null}::uuid)
    ON CONFLICT (route_id, idempotency_key) DO NOTHING
    RETURNING id::text`;
  const id = rows[0]?.id;
  if (id === undefined) return undefined;
  await recordEvent(
    tx,
    runEvent(
      wanted.requestedBy,
      'run.requested',
      { object: 'run', objectId: id, runId: id },
      {
        route: route.name,
        trigger: wanted.trigger,
        parameters: wanted.parameters,
        rerunOf: wanted.rerunOfId,
      },
    ),
  );
  return { id, routeName: route.name, lanes, priority: route.priority, workerTag: tagOf(route) };
}

function tagOf(route: RouteRow): string | undefined {
  return (route.definition as TransferRoute).workerTag;
}

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

/**
 * Takes one due schedule under a row lock, lets the pure rules decide, and records the next fire, the fires
 * and their runs in ONE transaction. undefined when nothing is due (or others hold what is).
 */
export async function recordFires(
  store: Store,
  decide: (due: DueSchedule) => FireDecision,
): Promise<{ routeName: string; fires: FireDecision['fires']; runs: CreatedRun[] } | undefined> {
  return store.transaction(async (tx) => {
    const due = await takeDueSchedule(tx);
    if (!due) return undefined;
    const decision = decide(due);
    // The row lock makes the condition always true; it stays as the guard the unique key backs up.
    const moved = await tx.schedule.updateMany({
      where: { id: due.id, nextFireAt: due.nextFireAt },
      data: { nextFireAt: decision.nextFireAt },
    });
    if (moved.count !== 1) return undefined;
    const route = await tx.transferRoute.findUniqueOrThrow({ where: { id: due.routeId } });
    const runs: CreatedRun[] = [];
    for (const fire of decision.fires) {
      const run = await insertFire(tx, due, route, fire);
      if (run) runs.push(run);
    }
    return { routeName: due.routeName, fires: decision.fires, runs };
  });
}

async function takeDueSchedule(tx: Tx): Promise<DueSchedule | undefined> {
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
     LIMIT 1
       FOR UPDATE OF schedule SKIP LOCKED`;
  const row = rows[0];
  if (!row) return undefined;
  return {
    id: row.id,
    routeId: row.route_id,
    routeName: row.route_name,
    definition: row.definition,
    nextFireAt: row.next_fire_at,
    now: row.now,
    runningRuns: Number(row.running),
    queuedRuns: Number(row.queued),
  };
}

async function insertFire(
  tx: Tx,
  due: DueSchedule,
  route: RouteRow,
  fire: FireDecision['fires'][number],
): Promise<CreatedRun | undefined> {
  const row = await tx.fire.create({
    data: { scheduleId: due.id, dueAt: fire.dueAt, outcome: fire.outcome, reason: fire.reason ?? null },
  });
  await recordEvents(tx, [
    {
      actor: SCHEDULER,
      action: `fire.${fire.outcome}`,
      object: 'fire',
      objectId: row.id,
      details: {
        route: due.routeName,
        dueAt: fire.dueAt,
        lateMs: due.now.getTime() - fire.dueAt.getTime(),
        reason: fire.reason,
      },
    },
  ]);
  if (fire.outcome !== 'run') return undefined;
  return insertRun(tx, route, {
    trigger: 'schedule',
    requestedBy: SCHEDULER,
    idempotencyKey: null,
    parameters: {},
    fireId: row.id,
  });
}
