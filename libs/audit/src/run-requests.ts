import { randomUUID } from 'node:crypto';
import type { Actor, RunTrigger, TransferRoute } from '#domain';
import type { SqlTx } from '#store';
import { recordEvents, runEvent } from './events.ts';
import type { RecordKind } from './group-commit.ts';

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

/** What is needed to ring the queue for it. */
export interface RunToRing {
  id: string;
  routeName: string;
  lanes: number;
  priority: number;
  /** Only workers that carry it take the run. */
  workerTag?: string | undefined;
}

export interface CreatedRun extends RunToRing {
  createdAt: Date;
}

/** What to ring for a run, wherever that is done. */
export function doorbellOf(run: Pick<RunToRing, 'id' | 'priority' | 'workerTag'>): {
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

/**
 * Operators' and programs' way in; the schedule's is `recordFires`. Both end in `insertRuns`. What many ask for at the same
 * moment shares a transaction. Refused with UnknownRoute, RouteDisabled.
 */
export const RUN_REQUESTS: RecordKind<RunRequest, { run: CreatedRun; created: boolean }> = {
  rank: 0,
  async record(tx, requests) {
    const routes = await findRoutes(tx, requests);
    const asked = requests.map((request) => ({ request, route: routes.get(request.routeName) }));
    const earlier = await findEarlier(tx, asked);
    const fresh = asked.flatMap(({ request, route }) =>
      route?.enabled && !earlier.has(keyOf(request)) ? [{ request, route, wanted: newRun(request) }] : [],
    );
    const made = await insertRuns(tx, fresh);
    const runOf = new Map(fresh.map(({ request }, index) => [request, made[index]]));
    // Another request with the same key was faster, in this group or elsewhere.
    const faster = made.includes(undefined) ? await findEarlier(tx, asked) : earlier;
    return asked.map(({ request, route }) => {
      if (!route) return { refused: new UnknownRoute(request.routeName) };
      const run = runOf.get(request);
      if (run) return { value: { run, created: true } };
      const same = faster.get(keyOf(request));
      return same ? { value: { run: same, created: false } } : { refused: new RouteDisabled(route.name) };
    });
  },
};

async function findRoutes(tx: SqlTx, requests: readonly RunRequest[]): Promise<Map<string, RouteRow>> {
  const names = [...new Set(requests.map(({ routeName }) => routeName))];
  const rows = await tx.$queryRaw<RouteRow[]>`
    SELECT id::text, name, enabled, priority, definition FROM transfer_route WHERE name = ANY (${names}::text[])`;
  return new Map(rows.map((row) => [row.name, row]));
}

type KeyedRequest = Pick<RunRequest, 'routeName' | 'idempotencyKey'>;

/** The runs that were made for the same keys, by `keyOf`. */
async function findEarlier(
  tx: SqlTx,
  asked: readonly { request: KeyedRequest; route: RouteRow | undefined }[],
): Promise<Map<string, CreatedRun>> {
  const keyed = asked.flatMap(({ request, route }) =>
    route && request.idempotencyKey !== undefined ? [{ key: request.idempotencyKey, route }] : [],
  );
  if (keyed.length === 0) return new Map();
  const routes = new Map(keyed.map(({ route }) => [route.id, route]));
  const rows = await tx.$queryRaw<(EarlierRow & { route_id: string; key: string })[]>`
    SELECT id::text, lanes, priority, created_at, route_id::text, idempotency_key AS key FROM run
     WHERE (route_id, idempotency_key) IN (
       SELECT * FROM unnest(${keyed.map(({ route }) => route.id)}::uuid[], ${keyed.map(({ key }) => key)}::text[]))`;
  return new Map(
    rows.map((row) => {
      const route = routes.get(row.route_id)!;
      return [keyOf({ routeName: route.name, idempotencyKey: row.key }), createdRun(row, route)];
    }),
  );
}

/** Keys of one route; a request without a key has no twin. */
function keyOf({ routeName, idempotencyKey }: KeyedRequest): string {
  return idempotencyKey === undefined ? '' : `${routeName} ${idempotencyKey}`;
}

function newRun({ trigger, requestedBy, idempotencyKey, parameters }: RunRequest): NewRun {
  return {
    trigger,
    requestedBy,
    idempotencyKey: idempotencyKey ?? null,
    parameters: parameters ?? {},
    fireId: null,
  };
}

interface EarlierRow {
  id: string;
  lanes: number;
  priority: number;
  created_at: Date;
}

function createdRun(row: EarlierRow, route: RouteRow): CreatedRun {
  return {
    id: row.id,
    routeName: route.name,
    lanes: row.lanes,
    priority: row.priority,
    workerTag: tagOf(route),
    createdAt: row.created_at,
  };
}

export async function findByKey(
  tx: SqlTx,
  route: RouteRow,
  key: string | undefined,
): Promise<CreatedRun | undefined> {
  if (key === undefined) return undefined;
  const request = { routeName: route.name, idempotencyKey: key };
  return (await findEarlier(tx, [{ request, route }])).get(keyOf(request));
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
export async function insertRun(tx: SqlTx, route: RouteRow, wanted: NewRun): Promise<CreatedRun | undefined> {
  return (await insertRuns(tx, [{ route, wanted }]))[0];
}

/** As they were asked for; undefined where another request with the same idempotency key was faster. */
export async function insertRuns(
  tx: SqlTx,
  requests: readonly { route: RouteRow; wanted: NewRun }[],
): Promise<(CreatedRun | undefined)[]> {
  if (requests.length === 0) return [];
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
  const rows = await tx.$queryRaw<{ id: string; created_at: Date }[]>`
    INSERT INTO run (id, route_id, fire_id, trigger, requested_by, idempotency_key, parameters, priority, lanes, rerun_of_id)
    SELECT * FROM jsonb_to_recordset(${JSON.stringify(runs)}::jsonb) AS wanted(
           id uuid, route_id uuid, fire_id uuid, trigger text, requested_by text, idempotency_key text, parameters jsonb,
           priority int, lanes int, rerun_of_id uuid)
    ON CONFLICT (route_id, idempotency_key) DO NOTHING
    RETURNING id::text, created_at`;
  const createdAt = new Map(rows.map(({ id, created_at }) => [id, created_at]));
  const created = requests
    .map(({ route, wanted }, index) => ({ id: runs[index]!.id, route, wanted }))
    .filter(({ id }) => createdAt.has(id));
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
  return requests.map(({ route }, index) => {
    const { id, lanes, priority } = runs[index]!;
    const created_at = createdAt.get(id);
    return created_at && createdRun({ id, lanes, priority, created_at }, route);
  });
}

function tagOf(route: RouteRow): string | undefined {
  return (route.definition as TransferRoute).workerTag;
}
