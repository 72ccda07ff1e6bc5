import { type AssuranceLevel, isLeasedTransfer, type TransferState } from '#domain';
import { Prisma } from '../generated/client.ts';
import type { Tx } from '../open-store.ts';
import { findTransferIds } from './find-transfers.ts';
import { inOrder, isUuid, type Page, type PageRequest, searchIds } from './page.ts';
import { type RecordedError, recordedError } from './recorded-error.ts';
import { resolveScope, type Scope, transferIsWithin } from './scope.ts';
import { readInHand, type TransferProgress } from './transfer-progress.ts';

export interface TransferRecord {
  id: string;
  runId: string;
  route: string;
  state: TransferState;
  sourceEndpoint: string;
  sourcePath: string;
  /** As listed: part of the identity of the file version. */
  sourceSizeBytes: bigint;
  sourceModified: string;
  generation: number;
  destinationEndpoint: string;
  destinationPath: string;
  /** Bytes delivered; null before they were counted. */
  sizeBytes: bigint | null;
  sha256: string | null;
  assurance: AssuranceLevel | null;
  attempts: number;
  /** The worker that has it now, by the lease. */
  worker: string | null;
  /** As that worker said a moment ago; null in the first second of an attempt, and where it is silent. */
  progress: TransferProgress | null;
  /** The earlier transfer that moved this file version. */
  suppressedBy: string | null;
  createdAt: Date;
  startedAt: Date | null;
  deliveredAt: Date | null;
  finishedAt: Date | null;
  /** A waiting transfer is not touched before. */
  notBefore: Date;
  error: RecordedError | null;
}

export interface TransferSearch extends PageRequest {
  runId?: string | undefined;
  route?: string | undefined;
  /** Name of a partner that the source or the destination belongs to. */
  partner?: string | undefined;
  /** Name of the source or the destination. */
  endpoint?: string | undefined;
  state?: TransferState | undefined;
  /** Glob (`*`, `?`) on the source file's name; on its whole path when it holds a `/`. */
  name?: string | undefined;
  /** Stands in the source file's name, in capitals or not; in its whole path when it holds a `/`. */
  contains?: string | undefined;
  sha256?: string | undefined;
  /** The first digits of it. */
  sha256Prefix?: string | undefined;
  /** Created at or after. */
  since?: Date | undefined;
  /** Created at or before. */
  until?: Date | undefined;
}

/** Newest first. */
export async function searchTransfers(
  db: Tx,
  scope: Scope,
  search: TransferSearch,
): Promise<Page<TransferRecord>> {
  if (search.runId !== undefined && !isUuid(search.runId)) return { items: [], nextCursor: null };
  const within = await resolveScope(db, scope);
  const { ids, nextCursor } = await findTransferIds(db, within, search);
  return { items: await readTransfers(db, ids), nextCursor };
}

export async function findTransfer(db: Tx, scope: Scope, id: string): Promise<TransferRecord | null> {
  if (!isUuid(id)) return null;
  const conditions = [Prisma.sql`transfer.id = ${id}::uuid`, transferIsWithin(await resolveScope(db, scope))];
  const { ids } = await searchIds(db, 'transfer', Prisma.sql`transfer`, conditions, { limit: 1 });
  return (await readTransfers(db, ids))[0] ?? null;
}

export async function readTransfers(db: Tx, ids: string[]): Promise<TransferRecord[]> {
  if (ids.length === 0) return [];
  const rows = await db.transfer.findMany({
    where: { id: { in: ids } },
    include: { route: { select: { name: true } } },
  });
  const leased = rows.filter(({ state }) => isLeasedTransfer(state as TransferState));
  const inHand = await readInHand(
    db,
    leased.map(({ id }) => id),
  );
  return inOrder(ids, rows).map((row) => ({
    id: row.id,
    runId: row.runId,
    route: row.route.name,
    state: row.state as TransferState,
    sourceEndpoint: row.sourceEndpoint,
    sourcePath: row.sourcePath,
    sourceSizeBytes: row.sourceSizeBytes,
    sourceModified: row.sourceModified,
    generation: row.generation,
    destinationEndpoint: row.destinationEndpoint,
    destinationPath: row.destinationPath,
    sizeBytes: row.sizeBytes,
    sha256: row.sha256,
    assurance: row.assurance as AssuranceLevel | null,
    attempts: row.attemptCount,
    worker: inHand.get(row.id)?.worker ?? null,
    progress: inHand.get(row.id)?.progress ?? null,
    suppressedBy: row.suppressedById,
    createdAt: row.createdAt,
    startedAt: row.startedAt,
    deliveredAt: row.deliveredAt,
    finishedAt: row.finishedAt,
    notBefore: row.notBefore,
    error: recordedError(row),
  }));
}
