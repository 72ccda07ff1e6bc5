import { type Actor, isFinishedRun, type RunParameters, type RunState } from '#domain';
import { type Store, type Tx, WriteConflict } from '#store';
import { recordEvent, runEvent } from './events.ts';
import { keepIdempotentRequests, requestDigest } from './idempotent-requests.ts';
import { type CreatedRun, findByKey, insertRun, RouteDisabled } from './run-requests.ts';
import { settleRunIn } from './settling.ts';
import { WrongState } from './wrong-state.ts';

export interface RerunRequest {
  runId: string;
  requestedBy: Actor;
  /** The same key on the same route returns the same run. */
  idempotencyKey?: string | undefined;
}

/**
 * A new run with exactly those files of an earlier one that failed or were cancelled, as they were listed then; held
 * ones wait for their decision. A run that never came to its listing is listed anew. The ledger decides as always,
 * so that asking twice delivers nothing twice. One that was asked for by the names of its files lists those names anew: of
 * what was not there nothing is known but the name. undefined when there is no such run.
 */
export async function rerunRun(
  store: Store,
  request: RerunRequest,
): Promise<{ run: CreatedRun; created: boolean; ring: boolean } | undefined> {
  return store.transaction(async (tx) => {
    const earlier = await findEarlier(tx, request.runId);
    if (!earlier) return undefined;
    const { route } = earlier;
    const wanted = requestDigest('rerun', { runId: earlier.id });
    const existing = await findByKey(tx, route, request.idempotencyKey, wanted);
    if (existing) return { run: existing, created: false, ring: false };
    if (!isFinishedRun(earlier.state as RunState))
      throw new WrongState(
        'run_not_finished',
        `Run ${earlier.id} is ${earlier.state}. Wait for its end, or \`waybill cancel ${earlier.id} --reason TEXT\` first.`,
      );
    if (!route.enabled) throw new RouteDisabled(route.name);
    if (earlier.planned) await demandSomethingToDo(tx, earlier);
    const run = await insertRun(tx, route, {
      trigger: request.requestedBy.kind === 'api_key' ? 'api' : 'operator',
      requestedBy: request.requestedBy,
      idempotencyKey: request.idempotencyKey ?? null,
      parameters: earlier.parameters as RunParameters,
      files: await filesToRerun(tx, earlier),
      fireId: null,
      rerunOfId: earlier.id,
    });
    if (!run) {
      const faster = await findByKey(tx, route, request.idempotencyKey, wanted);
      return { run: faster!, created: false, ring: false };
    }
    if (request.idempotencyKey !== undefined)
      await keepIdempotentRequests(tx, [{ runId: run.id, digest: wanted }]);
    if (!earlier.planned || earlier.files !== null) return { run, created: true, ring: true };
    const settled = await takeOver(tx, run.id, earlier.id, request.requestedBy);
    return { run, created: true, ring: settled === undefined };
  });
}

/** The lock keeps the earlier run as it is: nobody reopens it by a decision meanwhile. */
async function findEarlier(tx: Tx, runId: string) {
  await tx.$queryRaw`SELECT id::text FROM run WHERE id = ${runId}::uuid FOR NO KEY UPDATE`;
  return tx.run.findUnique({
    where: { id: runId },
    include: { route: { include: { source: true, destination: true } } },
  });
}

type EarlierRun = NonNullable<Awaited<ReturnType<typeof findEarlier>>>;

async function demandSomethingToDo(tx: Tx, earlier: EarlierRun): Promise<void> {
  const groups = await tx.transfer.groupBy({
    by: ['state', 'sourceEndpoint', 'destinationEndpoint'],
    where: { runId: earlier.id, state: { in: ['failed', 'cancelled', 'held'] } },
  });
  const undelivered = groups.filter(({ state }) => state !== 'held');
  if (undelivered.length === 0)
    throw new WrongState(
      'nothing_to_rerun',
      groups.length === 0
        ? `Run ${earlier.id} delivered everything it listed; \`waybill run ${earlier.route.name}\` looks for new files.`
        : `What run ${earlier.id} has not delivered is held: decide each with \`waybill resolve TRANSFER --as delivered|resend|give_up --reason TEXT\`.`,
    );
  const { source, destination } = earlier.route;
  const moved = undelivered.some(
    (group) => group.sourceEndpoint !== source.name || group.destinationEndpoint !== destination.name,
  );
  if (moved)
    throw new WrongState(
      'route_changed',
      `Route ${earlier.route.name} goes from ${source.name} to ${destination.name} now, which is not where the files of run ${earlier.id} went. \`waybill run ${earlier.route.name}\` lists its source anew.`,
    );
}

/** Of the names that an earlier run was asked for, those that it did not deliver. */
async function filesToRerun(tx: Tx, earlier: EarlierRun): Promise<readonly string[] | null> {
  const files = earlier.files as string[] | null;
  if (files === null || !earlier.planned) return files;
  const transfers = await tx.transfer.findMany({
    where: { runId: earlier.id },
    select: { sourcePath: true, state: true },
  });
  const folder = folderOf(
    transfers.map(({ sourcePath }) => sourcePath),
    files,
  );
  const undelivered = new Set(
    transfers
      .filter(({ state }) => state === 'failed' || state === 'cancelled')
      .map(({ sourcePath }) => sourcePath),
  );
  return files.filter((file) => undelivered.has(`${folder}/${file}`));
}

/** Below which the files stand, where they stood: the route may say another one now. */
function folderOf(paths: readonly string[], files: readonly string[]): string {
  const known = new Set(files);
  const candidates = files
    .filter((file) => paths[0]?.endsWith(`/${file}`))
    .map((file) => paths[0]!.slice(0, -file.length - 1));
  const folder = candidates.find((one) =>
    paths.every((path) => path.startsWith(`${one}/`) && known.has(path.slice(one.length + 1))),
  );
  if (folder === undefined)
    throw new Error('the transfers of the run are not the files that it was asked for');
  return folder;
}

/** No listing: the files are known. Returns the run's state when nothing of it is left to do. */
async function takeOver(
  tx: Tx,
  runId: string,
  earlierId: string,
  actor: Actor,
): Promise<RunState | undefined> {
  const planned = await tx.$executeRaw`
    INSERT INTO transfer (run_id, route_id, source_endpoint, destination_endpoint, source_path, source_size_bytes,
                          source_modified, generation, destination_path)
    SELECT ${runId}::uuid, route_id, source_endpoint, destination_endpoint, source_path, source_size_bytes,
           source_modified, generation, destination_path
      FROM transfer WHERE run_id = ${earlierId}::uuid AND state IN ('failed', 'cancelled')
    ON CONFLICT DO NOTHING`;
  const suppressed = await tx.$executeRaw`
    INSERT INTO transfer (run_id, route_id, source_endpoint, destination_endpoint, source_path, source_size_bytes,
                          source_modified, generation, destination_path, state, suppressed_by_id, finished_at)
    SELECT ${runId}::uuid, old.route_id, old.source_endpoint, old.destination_endpoint, old.source_path,
           old.source_size_bytes, old.source_modified, old.generation, old.destination_path, 'suppressed',
           holder.id, clock_timestamp()
      FROM transfer old
      JOIN transfer holder
        ON holder.route_id = old.route_id AND holder.source_endpoint = old.source_endpoint
       AND holder.source_path = old.source_path AND holder.source_size_bytes = old.source_size_bytes
       AND holder.source_modified = old.source_modified AND holder.generation = old.generation
       AND holder.state NOT IN ('suppressed', 'failed', 'cancelled') AND holder.run_id <> ${runId}::uuid
     WHERE old.run_id = ${earlierId}::uuid AND old.state IN ('failed', 'cancelled')`;
  const wanted = await tx.transfer.count({
    where: { runId: earlierId, state: { in: ['failed', 'cancelled'] } },
  });
  // Whoever had a file between the two statements has let it go again: the next try of this transaction gets it.
  if (planned + suppressed !== wanted) throw new WriteConflict(`rerun of ${earlierId}`);
  await tx.$executeRaw`
    UPDATE run SET planned = true, state = 'running', started_at = clock_timestamp() WHERE id = ${runId}::uuid`;
  await recordEvent(
    tx,
    runEvent(
      actor,
      'run.planned',
      { object: 'run', objectId: runId, runId },
      { planned, suppressed, rerunOf: earlierId },
    ),
  );
  return settleRunIn(tx, runId);
}
