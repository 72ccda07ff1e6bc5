import {
  decideRetry,
  type Endpoint,
  type FileVersion,
  type RunParameters,
  type TransferError,
  type TransferRoute,
} from '#domain';
import { RUN_NOT_PAUSED, type Store, type Tx } from '#store';
import { recordEvents, runEvent, workerActor } from './events.ts';
import { openFailedRun } from './problems.ts';
import { settleRunIn } from './settling.ts';

/** A worker's right to list the source of one run; void as soon as the run's fence has moved on. */
export interface PlanningClaim {
  runId: string;
  worker: string;
  fence: number;
  attempt: number;
}

/** Everything a lane needs to know of its run. */
export interface RunAssignment {
  runId: string;
  state: string;
  planned: boolean;
  lanes: number;
  priority: number;
  parameters: RunParameters;
  /** Only these of what the route selects; undefined: all of it. */
  files: readonly string[] | undefined;
  /** The due time of the fire, or when the run was asked for; a rerun has that of the run which it takes up. */
  dueAt: Date;
  /** An earlier look found the keys of its secrets away. */
  waitsForKeys: boolean;
  route: TransferRoute;
  source: Endpoint;
  destination: Endpoint;
}

/** undefined when no such run exists (a forged or outdated doorbell). */
export async function findAssignment(store: Store, runId: string): Promise<RunAssignment | undefined> {
  return store.transaction(async (tx) => {
    const run = await tx.run.findUnique({
      where: { id: runId },
      include: { route: { include: { source: true, destination: true } } },
    });
    if (!run) return undefined;
    return {
      dueAt: await findDueTime(tx, run.id),
      runId: run.id,
      state: run.state,
      planned: run.planned,
      lanes: run.lanes,
      priority: run.priority,
      parameters: run.parameters as RunParameters,
      files: (run.files as string[] | null) ?? undefined,
      waitsForKeys: run.errorCode === 'secret_unavailable',
      route: run.route.definition as unknown as TransferRoute,
      source: run.route.source.settings as unknown as Endpoint,
      destination: run.route.destination.settings as unknown as Endpoint,
    };
  });
}

async function findDueTime(tx: Tx, runId: string): Promise<Date> {
  const [first] = await tx.$queryRaw<{ due_at: Date }[]>`
    WITH RECURSIVE chain AS (
      SELECT id, fire_id, rerun_of_id, created_at FROM run WHERE id = ${runId}::uuid
      UNION ALL
      SELECT earlier.id, earlier.fire_id, earlier.rerun_of_id, earlier.created_at
        FROM run earlier JOIN chain ON chain.rerun_of_id = earlier.id
    )
    SELECT coalesce(fire.due_at, chain.created_at) AS due_at
      FROM chain LEFT JOIN fire ON fire.id = chain.fire_id WHERE chain.rerun_of_id IS NULL`;
  return first!.due_at;
}

/** undefined when the run is planned, finished, not due, or in another worker's hands. */
export async function claimPlanning(
  store: Store,
  runId: string,
  worker: string,
  leaseMs: number,
): Promise<PlanningClaim | undefined> {
  return store.transaction(async (tx) => {
    const rows = await tx.$queryRaw<{ fence: number; plan_attempts: number }[]>`
      UPDATE run
         SET lease_owner = ${worker}, lease_until = clock_timestamp() + ${leaseMs} * interval '1 millisecond',
             fence = fence + 1, plan_attempts = plan_attempts + 1, state = 'running',
             started_at = coalesce(started_at, clock_timestamp())
       WHERE id = ${runId}::uuid AND NOT planned AND state IN ('queued', 'running')
         AND not_before <= clock_timestamp() AND (lease_until IS NULL OR lease_until < clock_timestamp())
         AND ${RUN_NOT_PAUSED}
      RETURNING fence, plan_attempts`;
    const row = rows[0];
    if (!row) return undefined;
    const claim = { runId, worker, fence: row.fence, attempt: row.plan_attempts };
    await recordEvents(tx, [
      runEvent(
        workerActor(worker),
        'run.planning',
        { object: 'run', objectId: runId, runId },
        { attempt: claim.attempt },
      ),
    ]);
    return claim;
  });
}

/** false: the claim is lost, stop. */
export async function renewPlanning(store: Store, claim: PlanningClaim, leaseMs: number): Promise<boolean> {
  return store.transaction(async (tx) => {
    const count = await tx.$executeRaw`
      UPDATE run SET lease_until = clock_timestamp() + ${leaseMs} * interval '1 millisecond'
       WHERE id = ${claim.runId}::uuid AND fence = ${claim.fence} AND lease_owner = ${claim.worker}`;
    return count === 1;
  });
}

export interface PlannedFile {
  version: FileVersion;
  destinationPath: string;
}

/** A listed name that was left out, with the reason. */
export interface RefusedName {
  shown: string;
  reason: string;
}

/** A file that was asked for by its name, and cannot be moved. */
export interface MissingFile {
  path: string;
  destinationPath: string;
  reason: string;
}

/**
 * Turns a listing into transfers. What was asked for by name and is not among them is a failed one: nobody is told that all was
 * delivered. A file version the ledger knows becomes a `suppressed` row that names the
 * transfer which has it. undefined when the claim was lost meanwhile.
 */
export async function recordPlan(
  store: Store,
  claim: PlanningClaim,
  files: readonly PlannedFile[],
  refused: readonly RefusedName[],
  missing: readonly MissingFile[] = [],
): Promise<{ planned: number; suppressed: number } | undefined> {
  return store.transaction(async (tx) => {
    const run = await takePlanning(tx, claim);
    if (!run) return undefined;
    const counts = { planned: 0, suppressed: 0 };
    for (const batch of batches(files, 1000)) {
      const fresh = await insertPlanned(tx, run, batch);
      counts.planned += fresh.size;
      counts.suppressed += await insertSuppressed(
        tx,
        run,
        batch.filter((file) => !fresh.has(ledgerText(file))),
      );
    }
    await insertMissing(tx, run, missing);
    await tx.run.update({
      where: { id: claim.runId },
      data: {
        planned: true,
        leaseOwner: null,
        leaseUntil: null,
        errorCode: null,
        errorPhase: null,
        errorDetail: null,
      },
    });
    await recordEvents(tx, [
      runEvent(
        workerActor(claim.worker),
        'run.planned',
        { object: 'run', objectId: claim.runId, runId: claim.runId },
        {
          ...counts,
          refusedNames: refused.slice(0, 100),
          refusedCount: refused.length,
          ...(missing.length > 0 && {
            missing: missing.slice(0, 100).map(({ path, reason }) => ({ path, reason })),
            missingCount: missing.length,
          }),
        },
      ),
    ]);
    await settleRunIn(tx, claim.runId);
    return counts;
  });
}

interface PlanningRun {
  id: string;
  routeId: string;
  sourceEndpoint: string;
  destinationEndpoint: string;
  definition: TransferRoute;
}

async function takePlanning(tx: Tx, claim: PlanningClaim): Promise<PlanningRun | undefined> {
  const rows = await tx.$queryRaw<{ id: string }[]>`
    SELECT id::text FROM run
     WHERE id = ${claim.runId}::uuid AND fence = ${claim.fence} AND lease_owner = ${claim.worker}
       AND NOT planned AND state = 'running' FOR UPDATE`;
  if (rows.length === 0) return undefined;
  const run = await tx.run.findUniqueOrThrow({
    where: { id: claim.runId },
    include: { route: { include: { source: true, destination: true } } },
  });
  return {
    id: run.id,
    routeId: run.routeId,
    sourceEndpoint: run.route.source.name,
    destinationEndpoint: run.route.destination.name,
    definition: run.route.definition as unknown as TransferRoute,
  };
}

function ledgerText(file: PlannedFile): string {
  return `${file.version.path}\u0000${file.version.sizeBytes}\u0000${file.version.modified}`;
}

/** The unique ledger key decides, not a look before the leap: two runs planning at once cannot both have a file. */
async function insertPlanned(tx: Tx, run: PlanningRun, files: readonly PlannedFile[]): Promise<Set<string>> {
  const rows = await tx.$queryRaw<
    { source_path: string; source_size_bytes: bigint; source_modified: string }[]
  >`
    INSERT INTO transfer (run_id, route_id, source_endpoint, destination_endpoint,
                          source_path, source_size_bytes, source_modified, destination_path)
    SELECT ${run.id}::uuid, ${run.routeId}::uuid, ${run.sourceEndpoint}, ${run.destinationEndpoint},
           file.path, file.size, file.modified, file.destination
      FROM unnest(${files.map((file) => file.version.path)}::text[],
                  ${files.map((file) => file.version.sizeBytes)}::bigint[],
                  ${files.map((file) => file.version.modified)}::text[],
                  ${files.map((file) => file.destinationPath)}::text[]) AS file(path, size, modified, destination)
    ON CONFLICT DO NOTHING
    RETURNING source_path, source_size_bytes, source_modified`;
  return new Set(
    rows.map((row) => `${row.source_path}\u0000${row.source_size_bytes}\u0000${row.source_modified}`),
  );
}

async function insertSuppressed(tx: Tx, run: PlanningRun, files: readonly PlannedFile[]): Promise<number> {
  if (files.length === 0) return 0;
  return tx.$executeRaw`
    INSERT INTO transfer (run_id, route_id, source_endpoint, destination_endpoint, source_path, source_size_bytes,
                          source_modified, destination_path, state, suppressed_by_id, finished_at)
    SELECT ${run.id}::uuid, ${run.routeId}::uuid, ${run.sourceEndpoint}, ${run.destinationEndpoint},
           file.path, file.size, file.modified, file.destination, 'suppressed',
           (SELECT earlier.id FROM transfer earlier
             WHERE earlier.route_id = ${run.routeId}::uuid AND earlier.source_endpoint = ${run.sourceEndpoint}
               AND earlier.source_path = file.path AND earlier.source_size_bytes = file.size
               AND earlier.source_modified = file.modified
               AND earlier.state NOT IN ('suppressed', 'failed', 'cancelled')
             ORDER BY earlier.generation DESC LIMIT 1),
           clock_timestamp()
      FROM unnest(${files.map((file) => file.version.path)}::text[],
                  ${files.map((file) => file.version.sizeBytes)}::bigint[],
                  ${files.map((file) => file.version.modified)}::text[],
                  ${files.map((file) => file.destinationPath)}::text[]) AS file(path, size, modified, destination)`;
}

/** No version of it was seen: size and modification text stay empty, and the ledger knows nothing of it. */
async function insertMissing(tx: Tx, run: PlanningRun, missing: readonly MissingFile[]): Promise<void> {
  if (missing.length === 0) return;
  await tx.$executeRaw`
    INSERT INTO transfer (run_id, route_id, source_endpoint, destination_endpoint, source_path, source_size_bytes,
                          source_modified, destination_path, state, error_code, error_phase, error_detail, finished_at)
    SELECT ${run.id}::uuid, ${run.routeId}::uuid, ${run.sourceEndpoint}, ${run.destinationEndpoint},
           file.path, 0, '', file.destination, 'failed', 'source_gone', 'list', file.reason, clock_timestamp()
      FROM unnest(${missing.map((file) => file.path)}::text[],
                  ${missing.map((file) => file.destinationPath)}::text[],
                  ${missing.map((file) => file.reason)}::text[]) AS file(path, destination, reason)`;
}

function* batches<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}

/** Listing failed: try again later or fail the run, as the route's retry policy decides. */
export async function recordPlanFailure(
  store: Store,
  claim: PlanningClaim,
  error: TransferError,
): Promise<'retry' | 'failed' | 'lost'> {
  return store.transaction(async (tx) => {
    const run = await takePlanning(tx, claim);
    if (!run) return 'lost';
    const decision = decideRetry(error.retry, claim.attempt, run.definition.retry, Math.random());
    const failed = decision.kind === 'fail';
    const delayMs = decision.kind === 'retry' ? decision.delayMs : 0;
    await tx.$executeRaw`
      UPDATE run SET lease_owner = NULL, lease_until = NULL,
             error_code = ${error.code}, error_phase = ${error.phase}, error_detail = ${error.detail ?? error.sentence},
             state = ${failed ? 'failed' : 'running'},
             finished_at = CASE WHEN ${failed} THEN clock_timestamp() END,
             not_before = clock_timestamp() + ${delayMs} * interval '1 millisecond'
       WHERE id = ${claim.runId}::uuid`;
    await recordEvents(tx, [
      runEvent(
        workerActor(claim.worker),
        failed ? 'run.failed' : 'run.planning_failed',
        { object: 'run', objectId: claim.runId, runId: claim.runId },
        {
          attempt: claim.attempt,
          code: error.code,
          phase: error.phase,
          detail: error.detail ?? error.sentence,
          reply: error.reply,
          retryInMs: failed ? null : delayMs,
        },
      ),
    ]);
    if (failed) {
      await openFailedRun(tx, claim.runId, workerActor(claim.worker), {
        code: error.code,
        detail: error.detail ?? error.sentence,
      });
    }
    return failed ? 'failed' : 'retry';
  });
}
