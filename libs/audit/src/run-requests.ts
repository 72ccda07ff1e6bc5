import { randomUUID } from 'node:crypto';
import type { Actor, RunCallback, RunParameters, RunTrigger, TransferRoute } from '#domain';
import type { SqlTx, Store } from '#store';
import { insertCallbacks } from './callbacks.ts';
import { recordEvents, runEvent } from './events.ts';
import type { Answer, RecordKind } from './group-commit.ts';
import { KeyReused, keepIdempotentRequests, keyForgotten, requestDigest } from './idempotent-requests.ts';
import { fillParameters, ParametersRefused } from './run-parameters.ts';

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
  /** The same key on the same route returns the same run, and what its first request was answered. */
  idempotencyKey?: string | undefined;
  parameters?: RunParameters | undefined;
  /** Only these of what the route selects, by their paths below `source.path`. */
  files?: readonly string[] | undefined;
  /** Whom to tell how the run has ended. */
  callback?: RunCallback | undefined;
  /** What this request is answered, and every repeat of it. Called before the run is committed. */
  answer?: ((run: CreatedRun) => object) | undefined;
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
  /** With the defaults of those that were not given. */
  parameters: RunParameters;
  files: readonly string[] | null;
}

export interface RequestedRun {
  run: CreatedRun;
  /** False: an earlier request with the same key has made it. */
  created: boolean;
  /** What that one was answered, where that was kept. */
  answer?: object | undefined;
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
 * moment shares a transaction. Refused with UnknownRoute, RouteDisabled, ParametersRefused, KeyReused.
 */
export const RUN_REQUESTS: RecordKind<RunRequest, RequestedRun> = {
  rank: 0,
  async record(tx, requests) {
    const routes = await findRoutes(tx, requests);
    const asked = requests.map((request) => ({ request, route: routes.get(request.routeName) }));
    const earlier = await findEarlier(tx, asked);
    const judged = asked.map(({ request, route }) => judge(request, route, earlier));
    const fresh = judged.flatMap((one, index) =>
      'wanted' in one ? [{ ...one, request: requests[index]! }] : [],
    );
    const made = await insertRuns(tx, fresh);
    await keepRequests(
      tx,
      fresh.flatMap(({ request }, index) => (made[index] ? [{ request, run: made[index] }] : [])),
    );
    await insertCallbacks(
      tx,
      fresh.flatMap(({ request: { callback } }, index) =>
        callback && made[index] ? [{ ...callback, runId: made[index].id }] : [],
      ),
    );
    const runOf = new Map(fresh.map(({ request }, index) => [request, made[index]]));
    // Another request with the same key was faster, in this group or elsewhere.
    const faster = made.includes(undefined) ? await findEarlier(tx, asked) : earlier;
    return judged.map((one, index) => {
      if (!('wanted' in one)) return one;
      const request = requests[index]!;
      const run = runOf.get(request);
      return run
        ? { value: { run, created: true } }
        : repeated(faster.get(keyOf(request))!, digestOf(request));
    });
  },
};

/** Repeats come first: what a request was answered stays its answer, whatever has become of the route. */
function judge(
  request: RunRequest,
  route: RouteRow | undefined,
  earlier: ReadonlyMap<string, EarlierRun>,
): Answer<RequestedRun> | { route: RouteRow; wanted: NewRun } {
  if (!route) return { refused: new UnknownRoute(request.routeName) };
  const same = earlier.get(keyOf(request));
  if (same) return repeated(same, digestOf(request));
  if (!route.enabled) return { refused: new RouteDisabled(route.name) };
  try {
    const parameters = fillParameters(route.definition as TransferRoute, request.parameters ?? {});
    return { route, wanted: newRun(request, parameters) };
  } catch (refused) {
    if (!(refused instanceof ParametersRefused)) throw refused;
    return { refused };
  }
}

/**
 * Of a request with a key that was made before: what it was answered. For questions that only a new run has to stand: what has
 * become of a call-back's address since is no reason to answer a repeat otherwise.
 * @throws KeyReused
 */
export async function findRepeat(store: Store, request: RunRequest): Promise<RequestedRun | undefined> {
  if (request.idempotencyKey === undefined) return undefined;
  const same = await store.sqlTransaction(async (tx) => {
    const route = (await findRoutes(tx, [request])).get(request.routeName);
    return (await findEarlier(tx, [{ request, route }])).get(keyOf(request));
  });
  if (!same) return undefined;
  const answer = repeated(same, digestOf(request));
  if ('refused' in answer) throw answer.refused;
  return answer.value;
}

function repeated({ digest, answer, ...run }: EarlierRun, wanted: string): Answer<RequestedRun> {
  if (digest === null) return { refused: keyForgotten(run.id, run.createdAt) };
  if (digest !== wanted) return { refused: new KeyReused() };
  return {
    value: { run, created: false, answer: answer === null ? undefined : (JSON.parse(answer) as object) },
  };
}

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
): Promise<Map<string, EarlierRun>> {
  const keyed = asked.flatMap(({ request, route }) =>
    route && request.idempotencyKey !== undefined ? [{ key: request.idempotencyKey, route }] : [],
  );
  if (keyed.length === 0) return new Map();
  const routes = new Map(keyed.map(({ route }) => [route.id, route]));
  const rows = await tx.$queryRaw<EarlierRow[]>`
    SELECT run.id::text, lanes, priority, parameters, files, run.created_at, route_id::text, idempotency_key AS key,
           digest, answer
      FROM run LEFT JOIN idempotent_request ON idempotent_request.run_id = run.id
     WHERE (route_id, idempotency_key) IN (
       SELECT * FROM unnest(${keyed.map(({ route }) => route.id)}::uuid[], ${keyed.map(({ key }) => key)}::text[]))`;
  return new Map(
    rows.map((row) => {
      const route = routes.get(row.route_id)!;
      return [keyOf({ routeName: route.name, idempotencyKey: row.key }), earlierRun(row, route)];
    }),
  );
}

/** Keys of one route; a request without a key has no twin. */
function keyOf({ routeName, idempotencyKey }: KeyedRequest): string {
  return idempotencyKey === undefined ? '' : `${routeName} ${idempotencyKey}`;
}

function digestOf({ parameters = {}, files, callback }: RunRequest): string {
  // Who asked is not what was asked for.
  const asked = callback && { url: callback.url, secret: callback.secret };
  return requestDigest('run', { parameters, files: files ?? null, callback: asked });
}

/** With the runs, so that there is never one without the answer of its key. */
async function keepRequests(
  tx: SqlTx,
  made: readonly { request: RunRequest; run: CreatedRun }[],
): Promise<void> {
  await keepIdempotentRequests(
    tx,
    made.flatMap(({ request, run }) =>
      request.idempotencyKey === undefined
        ? []
        : [{ runId: run.id, digest: digestOf(request), answer: request.answer?.(run) }],
    ),
  );
}

function newRun(
  { trigger, requestedBy, idempotencyKey, files, callback }: RunRequest,
  parameters: RunParameters,
): NewRun {
  return {
    trigger,
    requestedBy,
    idempotencyKey: idempotencyKey ?? null,
    parameters,
    files: files ?? null,
    callbackHost: callback && new URL(callback.url).host,
    fireId: null,
  };
}

type EarlierRun = CreatedRun & { digest: string | null; answer: string | null };

interface RunRow {
  id: string;
  lanes: number;
  priority: number;
  parameters: RunParameters;
  files: readonly string[] | null;
  created_at: Date;
}

interface EarlierRow extends RunRow {
  route_id: string;
  key: string;
  digest: string | null;
  answer: string | null;
}

function createdRun(row: RunRow, route: RouteRow): CreatedRun {
  return {
    id: row.id,
    routeName: route.name,
    lanes: row.lanes,
    priority: row.priority,
    workerTag: tagOf(route),
    createdAt: row.created_at,
    parameters: row.parameters,
    files: row.files,
  };
}

function earlierRun(row: EarlierRow, route: RouteRow): EarlierRun {
  return { ...createdRun(row, route), digest: row.digest, answer: row.answer };
}

/** @throws KeyReused when the key stands for another request */
export async function findByKey(
  tx: SqlTx,
  route: RouteRow,
  key: string | undefined,
  wanted: string,
): Promise<CreatedRun | undefined> {
  if (key === undefined) return undefined;
  const request = { routeName: route.name, idempotencyKey: key };
  const earlier = (await findEarlier(tx, [{ request, route }])).get(keyOf(request));
  if (!earlier) return undefined;
  const answer = repeated(earlier, wanted);
  if ('refused' in answer) throw answer.refused;
  return answer.value.run;
}

interface NewRun {
  trigger: RunTrigger;
  requestedBy: Actor;
  idempotencyKey: string | null;
  parameters: RunParameters;
  files?: readonly string[] | null | undefined;
  fireId: string | null;
  rerunOfId?: string | undefined;
  /** For the audit: what follows the host may be somebody's key. */
  callbackHost?: string | undefined;
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
    files: wanted.files ?? null,
    priority: route.priority,
    lanes: Math.max(1, (route.definition as TransferRoute).lanes),
    rerun_of_id: wanted.rerunOfId ?? null,
  }));
  const rows = await tx.$queryRaw<{ id: string; created_at: Date }[]>`
    INSERT INTO run (id, route_id, fire_id, trigger, requested_by, idempotency_key, parameters, files, priority, lanes,
                     rerun_of_id)
    SELECT * FROM jsonb_to_recordset(${JSON.stringify(runs)}::jsonb) AS wanted(
           id uuid, route_id uuid, fire_id uuid, trigger text, requested_by text, idempotency_key text, parameters jsonb,
           files jsonb, priority int, lanes int, rerun_of_id uuid)
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
          files: wanted.files ?? undefined,
          callbackHost: wanted.callbackHost,
          rerunOf: wanted.rerunOfId,
        },
      ),
    ),
  );
  return requests.map(({ route }, index) => {
    const run = runs[index]!;
    const created_at = createdAt.get(run.id);
    return created_at && createdRun({ ...run, created_at }, route);
  });
}

function tagOf(route: RouteRow): string | undefined {
  return (route.definition as TransferRoute).workerTag;
}
