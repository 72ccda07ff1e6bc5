import { randomUUID } from 'node:crypto';
import type { Actor, RunTrigger, TransferRoute } from '#domain';
import type { Store, Tx } from '#store';
import { recordEvents, runEvent } from './events.ts';

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

/** Operators' and programs' way in; the schedule's is `recordFires`. Both end in `insertRuns`. */
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

export async function findByKey(
  tx: Tx,
  route: RouteRow,
  key: string | undefined,
): Promise<CreatedRun | undefined> {
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
  return (await insertRuns(tx, [{ route, wanted }]))[0];
}

/** Without those for whose idempotency key another request was faster. */
export async function insertRuns(
  tx: Tx,
  requests: readonly { route: RouteRow; wanted: NewRun }[],
): Promise<CreatedRun[]> {
  const runs = requests.map(({ route, wanted }) => ({
    id: randomUUID(),
    route_id: route.id,
    fire_id: wanted.fireId,
    trigger: wanted.trigger,
    requested_by: wanted.requestedBy.name,
    idempotency_key: wanted.idempotencyKey,
    parameters: wanted.parameters,
    priority: route.priority,
    lanes: Math.max(1, (route.definition as TransferRoute).lanes),
    rerun_of_id: wanted.rerunOfId ?? null,
  }));
  const rows = await tx.$queryRaw<{ id: string }[]>`
    INSERT INTO run (id, route_id, fire_id, trigger, requested_by, idempotency_key, parameters, priority, lanes, rerun_of_id)
    SELECT * FROM jsonb_to_recordset(${JSON.stringify(runs)}::jsonb) AS wanted(
           id uuid, route_id uuid, fire_id uuid, trigger text, requested_by text, idempotency_key text, parameters jsonb,
           priority int, lanes int, rerun_of_id uuid)
    ON CONFLICT (route_id, idempotency_key) DO NOTHING
    RETURNING id::text`;
  const inserted = new Set(rows.map(({ id }) => id));
  const created = requests.flatMap(({ route, wanted }, index) => {
    const { id, lanes } = runs[index]!;
    return inserted.has(id) ? [{ id, lanes, route, wanted }] : [];
  });
  await recordEvents(
    tx,
    created.map(({ id, route, wanted }) =>
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
    ),
  );
  return created.map(({ id, lanes, route }) => ({
    id,
    routeName: route.name,
    lanes,
    priority: route.priority,
    workerTag: tagOf(route),
  }));
}

function tagOf(route: RouteRow): string | undefined {
  return (route.definition as TransferRoute).workerTag;
}
