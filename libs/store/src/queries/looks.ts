import type { LookedFile, LookResult, LookState, Selection } from '#domain';
import type { Look as Row } from '../generated/client.ts';
import type { Tx } from '../open-store.ts';
import { asJson, claimOldest, demandTurn, ended, type Taker } from './asked-work.ts';
import { isUuid } from './page.ts';
import { type RecordedError, recordedError } from './recorded-error.ts';
import { lookIsWithin, resolveScope, type Scope } from './scope.ts';

/** A size that JSON can say; null also where a server states one that no file has. */
export type RecordedLookedFile = Omit<LookedFile, 'sizeBytes'> & { sizeBytes: number | null };

/** One look at the files of an endpoint's folder, asked for, under way or over. */
export interface LookRecord extends Omit<LookResult, 'files'> {
  id: string;
  endpoint: string;
  requestedBy: string;
  /** With the endpoint, as a route has it. */
  selection: Selection;
  workerTag: string | null;
  state: LookState;
  files: RecordedLookedFile[];
  error: RecordedError | null;
  createdAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
}

export interface LookRequest {
  requestedBy: string;
  selection: Selection;
  /** Only workers that carry it can do it. */
  workerTag?: string | null | undefined;
  /** Our own folder, which counts no logins. */
  isLocal: boolean;
}

/** Between two requests for one endpoint. */
const PAUSE_MS = 10_000;
const LOCAL_PAUSE_MS = 1_000;

/** Throws WorkUnderWay or AskedTooSoon. The caller appends the audit event in the same transaction. */
export async function requestLook(tx: Tx, request: LookRequest): Promise<LookRecord> {
  const { selection, requestedBy, workerTag = null, isLocal } = request;
  const { endpoint } = selection;
  await demandTurn(tx, 'look', endpoint, isLocal ? LOCAL_PAUSE_MS : PAUSE_MS);
  const data = { endpoint, requestedBy, selection: asJson(selection), workerTag };
  return record(await tx.look.create({ data }));
}

/** Takes the oldest look that waits; nobody else gets it. */
export async function claimLook(tx: Tx, taker: Taker, leaseMs: number): Promise<LookRecord | undefined> {
  const id = await claimOldest(tx, 'look', taker, leaseMs);
  return id === undefined ? undefined : record(await tx.look.findUniqueOrThrow({ where: { id } }));
}

/** A lease for so much longer. False when the look is not this worker's any more. */
export async function keepLook(tx: Tx, id: string, worker: string, leaseMs: number): Promise<boolean> {
  const kept = await tx.$executeRaw`
    UPDATE look SET lease_until = clock_timestamp() + ${leaseMs}::float8 * interval '1 millisecond'
     WHERE id = ${id}::uuid AND state = 'running' AND lease_owner = ${worker}`;
  return kept === 1;
}

export type LookEnd =
  | { result: LookResult }
  | { error: { code: string; phase: string; detail: string | undefined } };

/** False when the look is not this worker's any more. */
export async function finishLook(tx: Tx, id: string, worker: string, end: LookEnd): Promise<boolean> {
  const data =
    'error' in end
      ? { ...ended(end.error), errorPhase: end.error.phase }
      : {
          ...ended(undefined),
          files: asJson(end.result.files.map(storable)),
          seen: end.result.seen,
          matched: end.result.matched,
          leftOut: asJson(end.result.leftOut),
        };
  const finished = await tx.look.updateMany({ where: { id, state: 'running', leaseOwner: worker }, data });
  return finished.count === 1;
}

/** Partners choose these words: what JSON of PostgreSQL cannot hold is shown as what it is not. */
function storable(file: LookedFile): RecordedLookedFile {
  const { sizeBytes, path, modified, says } = file;
  const text = (words: string) => words.toWellFormed().replaceAll('\0', '\ufffd');
  return {
    ...file,
    path: text(path),
    modified: modified === null ? null : text(modified),
    says: says === null ? null : text(says),
    sizeBytes: sizeBytes === null || sizeBytes > Number.MAX_SAFE_INTEGER ? null : Number(sizeBytes),
  };
}

export async function findLook(db: Tx, scope: Scope, id: string): Promise<LookRecord | null> {
  if (!isUuid(id)) return null;
  const within = lookIsWithin(await resolveScope(db, scope));
  const [found] = await db.$queryRaw<{ id: string }[]>`
    SELECT look.id::text AS id FROM look WHERE look.id = ${id}::uuid AND ${within}`;
  return found ? record(await db.look.findUniqueOrThrow({ where: { id: found.id } })) : null;
}

function record(row: Row): LookRecord {
  const { id, endpoint, requestedBy, workerTag, seen, matched, createdAt, startedAt, finishedAt } = row;
  return {
    ...{ id, endpoint, requestedBy, workerTag, seen, matched, createdAt, startedAt, finishedAt },
    selection: row.selection as unknown as Selection,
    state: row.state as LookState,
    files: row.files as unknown as RecordedLookedFile[],
    leftOut: row.leftOut as LookResult['leftOut'],
    error: recordedError(row),
  };
}
