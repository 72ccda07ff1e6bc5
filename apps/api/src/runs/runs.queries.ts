import type { CreatedRun, RunRequest } from '#audit';
import type { Page, Run } from '#contract';
import type { RunState, RunTrigger, TransferState } from '#domain';
import type { Store } from '#store';
import { afterRow, between, makePage, type PageQuery } from '../paging.ts';
import { errorOf, instantOrNull } from '../stored-values.ts';

export interface RunFilter {
  limit: number;
  cursor?: string | undefined;
  route?: string | undefined;
  state?: RunState | undefined;
  since?: string | undefined;
  until?: string | undefined;
}

const WITH_ROUTE = { route: { select: { name: true } } } as const;

export async function listRuns(store: Store, filter: RunFilter): Promise<Page<Run>> {
  return makePage(
    { name: 'runs', key: 'uuid', keyOf: (run: Run) => run.id, toItem: (run: Run) => run },
    filter,
    (query) => findRuns(store, filter, query),
  );
}

async function findRuns(store: Store, filter: RunFilter, { take, after }: PageQuery): Promise<Run[]> {
  const created = between(filter.since, filter.until);
  const rows = await store.db.run.findMany({
    where: {
      ...(filter.route !== undefined && { route: { name: filter.route } }),
      ...(filter.state !== undefined && { state: filter.state }),
      ...(created && { createdAt: created }),
    },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take,
    ...afterRow(after),
    include: WITH_ROUTE,
  });
  return withCounts(store, rows);
}

export async function findRun(store: Store, id: string): Promise<Run | undefined> {
  const row = await store.db.run.findUnique({ where: { id }, include: WITH_ROUTE });
  return row ? (await withCounts(store, [row]))[0] : undefined;
}

/** A run that was made this moment, without asking for it again. */
export function queuedRun(run: CreatedRun, request: RunRequest): Run {
  return {
    id: run.id,
    route: run.routeName,
    state: 'queued',
    trigger: request.trigger,
    requestedBy: request.requestedBy.name,
    fireId: null,
    rerunOf: null,
    idempotencyKey: request.idempotencyKey ?? null,
    parameters: request.parameters ?? {},
    priority: run.priority,
    lanes: run.lanes,
    transferCounts: {},
    createdAt: run.createdAt.toISOString(),
    startedAt: null,
    cancelRequestedAt: null,
    finishedAt: null,
    error: null,
  };
}

interface RunRow {
  id: string;
  route: { name: string };
  state: string;
  trigger: string;
  requestedBy: string;
  fireId: string | null;
  rerunOfId: string | null;
  idempotencyKey: string | null;
  parameters: unknown;
  priority: number;
  lanes: number;
  createdAt: Date;
  startedAt: Date | null;
  cancelRequestedAt: Date | null;
  finishedAt: Date | null;
  errorCode: string | null;
  errorPhase: string | null;
  errorDetail: string | null;
}

async function withCounts(store: Store, rows: readonly RunRow[]): Promise<Run[]> {
  if (rows.length === 0) return [];
  const groups = await store.db.transfer.groupBy({
    by: ['runId', 'state'],
    where: { runId: { in: rows.map((row) => row.id) } },
    _count: { _all: true },
  });
  const counts = new Map<string, Run['transferCounts']>();
  for (const { runId, state, _count } of groups)
    counts.set(runId, { ...counts.get(runId), [state as TransferState]: _count._all });
  return rows.map((row) => toRun(row, counts.get(row.id) ?? {}));
}

function toRun(row: RunRow, transferCounts: Run['transferCounts']): Run {
  return {
    id: row.id,
    route: row.route.name,
    state: row.state as RunState,
    trigger: row.trigger as RunTrigger,
    requestedBy: row.requestedBy,
    fireId: row.fireId,
    rerunOf: row.rerunOfId,
    idempotencyKey: row.idempotencyKey,
    parameters: row.parameters as Record<string, string>,
    priority: row.priority,
    lanes: row.lanes,
    transferCounts,
    createdAt: row.createdAt.toISOString(),
    startedAt: instantOrNull(row.startedAt),
    cancelRequestedAt: instantOrNull(row.cancelRequestedAt),
    finishedAt: instantOrNull(row.finishedAt),
    error: errorOf(row),
  };
}
