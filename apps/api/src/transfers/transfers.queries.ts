import type { Page, Transfer } from '#contract';
import type { AssuranceLevel, TransferState } from '#domain';
import type { Store } from '#store';
import { makePage, type PageQuery } from '../paging.ts';
import { errorOf, instantOrNull, sizeOf, sizeOrNull } from '../stored-values.ts';

export interface TransferFilter {
  limit: number;
  cursor?: string | undefined;
  runId?: string | undefined;
  route?: string | undefined;
  partner?: string | undefined;
  endpoint?: string | undefined;
  state?: TransferState | undefined;
  name?: string | undefined;
  sha256?: string | undefined;
  since?: string | undefined;
  until?: string | undefined;
}

const WITH_ROUTE = { route: { select: { name: true } } } as const;

export async function listTransfers(store: Store, filter: TransferFilter): Promise<Page<Transfer>> {
  return makePage(
    { name: 'transfers', key: 'uuid', keyOf: (row: TransferRow) => row.id, toItem: toTransfer },
    filter,
    (query) => findTransfers(store, filter, query),
  );
}

export async function findTransfer(store: Store, id: string): Promise<Transfer | undefined> {
  const row = await store.db.transfer.findUnique({ where: { id }, include: WITH_ROUTE });
  return row ? toTransfer(row) : undefined;
}

/** Ids by SQL, because Prisma has no pattern on a file name; then the rows in that order. */
async function findTransfers(store: Store, filter: TransferFilter, query: PageQuery): Promise<TransferRow[]> {
  const ids = await findIds(store, filter, query);
  const rows = await store.db.transfer.findMany({ where: { id: { in: ids } }, include: WITH_ROUTE });
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

async function findIds(store: Store, filter: TransferFilter, { take, after }: PageQuery): Promise<string[]> {
  const { runId, route, partner, endpoint, state, sha256 } = filter;
  const name = filter.name === undefined ? null : nameExpression(filter.name);
  const [since, until] = [filter.since, filter.until].map((at) => (at === undefined ? null : new Date(at)));
  const rows = await store.db.$queryRaw<{ id: string }[]>`
    SELECT transfer.id::text AS id FROM transfer
     WHERE (${runId ?? null}::uuid IS NULL OR run_id = ${runId ?? null}::uuid)
       AND (${route ?? null}::text IS NULL
            OR route_id = (SELECT id FROM transfer_route WHERE transfer_route.name = ${route ?? null}))
       AND (${partner ?? null}::text IS NULL OR EXISTS (
             SELECT FROM endpoint JOIN partner ON partner.id = endpoint.partner_id
              WHERE partner.name = ${partner ?? null} AND endpoint.name IN (source_endpoint, destination_endpoint)))
       AND (${endpoint ?? null}::text IS NULL OR ${endpoint ?? null} IN (source_endpoint, destination_endpoint))
       AND (${state ?? null}::text IS NULL OR state = ${state ?? null})
       AND (${sha256 ?? null}::text IS NULL OR sha256 = ${sha256 ?? null})
       AND (${name}::text IS NULL OR source_path ~ ${name})
       AND (${since}::timestamptz IS NULL OR created_at >= ${since})
       AND (${until}::timestamptz IS NULL OR created_at <= ${until})
       AND (${after ?? null}::uuid IS NULL
            OR (created_at, id) < (SELECT created_at, id FROM transfer WHERE id = ${after ?? null}::uuid))
     ORDER BY created_at DESC, transfer.id DESC
     LIMIT ${take}`;
  return rows.map(({ id }) => id);
}

/** `*.csv` as a regular expression on the last part of a path; everything else stands for itself. */
export function nameExpression(glob: string): string {
  const pattern = glob
    .replace(/\*+/g, '*')
    .replace(/[!-)+-/:->@[-^`{-~]/g, (character) => `\\${character}`)
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]');
  return `(^|/)${pattern}$`;
}

interface TransferRow {
  id: string;
  runId: string;
  route: { name: string };
  state: string;
  sourceEndpoint: string;
  sourcePath: string;
  sourceSizeBytes: bigint;
  sourceModified: string;
  destinationEndpoint: string;
  destinationPath: string;
  sizeBytes: bigint | null;
  sha256: string | null;
  assurance: string | null;
  attemptCount: number;
  suppressedById: string | null;
  createdAt: Date;
  startedAt: Date | null;
  deliveredAt: Date | null;
  finishedAt: Date | null;
  errorCode: string | null;
  errorPhase: string | null;
  errorDetail: string | null;
}

function toTransfer(row: TransferRow): Transfer {
  return {
    id: row.id,
    runId: row.runId,
    route: row.route.name,
    state: row.state as TransferState,
    sourceEndpoint: row.sourceEndpoint,
    sourcePath: row.sourcePath,
    sourceSizeBytes: sizeOf(row.sourceSizeBytes),
    sourceModified: row.sourceModified,
    destinationEndpoint: row.destinationEndpoint,
    destinationPath: row.destinationPath,
    sizeBytes: sizeOrNull(row.sizeBytes),
    sha256: row.sha256,
    assurance: row.assurance as AssuranceLevel | null,
    attempts: row.attemptCount,
    suppressedBy: row.suppressedById,
    createdAt: row.createdAt.toISOString(),
    startedAt: instantOrNull(row.startedAt),
    deliveredAt: instantOrNull(row.deliveredAt),
    finishedAt: instantOrNull(row.finishedAt),
    error: errorOf(row),
  };
}
