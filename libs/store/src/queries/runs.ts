import type { CallbackProblem, CallbackState, RunState, RunTrigger, TransferState } from '#domain';
import { Prisma } from '../generated/client.ts';
import type { Tx } from '../open-store.ts';
import { inOrder, isUuid, type Page, type PageRequest, type Places, searchIds } from './page.ts';
import { type RecordedError, recordedError } from './recorded-error.ts';
import { narrowToPartner, resolveScope, runIsWithin, runPlaces, type Scope, type Within } from './scope.ts';

/** Who is told of its end. */
export interface CallbackRecord {
  url: string;
  state: CallbackState;
  attempts: number;
  lastStatus: number | null;
  lastError: CallbackProblem | null;
}

export interface RunRecord {
  id: string;
  route: string;
  state: RunState;
  trigger: RunTrigger;
  requestedBy: string;
  fireId: string | null;
  /** The run whose undelivered files this one takes up again. */
  rerunOf: string | null;
  idempotencyKey: string | null;
  parameters: Record<string, string>;
  /** Only these of what the route selects; null: all of it. */
  files: string[] | null;
  callback: CallbackRecord | null;
  priority: number;
  lanes: number;
  /** The due moment of its fire; null when a person or a program asked. */
  dueAt: Date | null;
  /** Whether the source has been listed: only then the counts below are the whole run. */
  planned: boolean;
  /** How many transfers are in which state; states without any are left out. */
  transferCounts: Partial<Record<TransferState, number>>;
  createdAt: Date;
  startedAt: Date | null;
  cancelRequestedAt: Date | null;
  finishedAt: Date | null;
  error: RecordedError | null;
}

export interface RunSearch extends PageRequest {
  route?: string | undefined;
  /** Name of a partner that the route's source or destination belongs to. */
  partner?: string | undefined;
  state?: RunState | undefined;
  trigger?: RunTrigger | undefined;
  /** Created at or after. */
  since?: Date | undefined;
  /** Created at or before. */
  until?: Date | undefined;
}

/** Newest first. */
export async function searchRuns(db: Tx, scope: Scope, search: RunSearch): Promise<Page<RunRecord>> {
  const reached = await resolveScope(db, scope);
  const within = search.partner === undefined ? reached : await narrowToPartner(db, reached, search.partner);
  const conditions = [runIsWithin(within)];
  if (search.route !== undefined)
    conditions.push(Prisma.sql`run.route_id = (SELECT id FROM transfer_route WHERE name = ${search.route})`);
  if (search.state !== undefined) conditions.push(Prisma.sql`run.state = ${search.state}`);
  if (search.trigger !== undefined) conditions.push(Prisma.sql`run.trigger = ${search.trigger}`);
  if (search.since !== undefined) conditions.push(Prisma.sql`run.created_at >= ${search.since}`);
  if (search.until !== undefined) conditions.push(Prisma.sql`run.created_at <= ${search.until}`);
  const { ids, nextCursor } = await searchIds(
    db,
    'run',
    Prisma.sql`run`,
    conditions,
    search,
    placesOf(within, search),
  );
  return { items: await readRuns(db, ids), nextCursor };
}

/** An index has the runs of each in the order of the list. */
function placesOf(within: Within, { route, state }: RunSearch): Places | undefined {
  if (route !== undefined)
    return {
      column: Prisma.sql`run.route_id`,
      among: Prisma.sql`ARRAY(SELECT id FROM transfer_route WHERE name = ${route})`,
    };
  const ofScope = runPlaces(within);
  if (ofScope || state === undefined) return ofScope;
  return { column: Prisma.sql`run.state`, among: Prisma.sql`${[state]}::text[]` };
}

export async function findRun(db: Tx, scope: Scope, id: string): Promise<RunRecord | null> {
  if (!isUuid(id)) return null;
  const conditions = [Prisma.sql`run.id = ${id}::uuid`, runIsWithin(await resolveScope(db, scope))];
  const { ids } = await searchIds(db, 'run', Prisma.sql`run`, conditions, { limit: 1 });
  return (await readRuns(db, ids))[0] ?? null;
}

async function readRuns(db: Tx, ids: string[]): Promise<RunRecord[]> {
  if (ids.length === 0) return [];
  const runs = await db.run.findMany({
    where: { id: { in: ids } },
    include: {
      route: { select: { name: true } },
      fire: { select: { dueAt: true } },
      callback: { select: { url: true, state: true, attempts: true, lastStatus: true, lastError: true } },
    },
  });
  const groups = await db.transfer.groupBy({
    by: ['runId', 'state'],
    where: { runId: { in: ids } },
    _count: true,
  });
  const counts = new Map<string, RunRecord['transferCounts']>();
  for (const { runId, state, _count } of groups) counts.set(runId, { ...counts.get(runId), [state]: _count });
  return inOrder(ids, runs).map((run) => ({
    id: run.id,
    route: run.route.name,
    state: run.state as RunState,
    trigger: run.trigger as RunTrigger,
    requestedBy: run.requestedBy,
    fireId: run.fireId,
    rerunOf: run.rerunOfId,
    idempotencyKey: run.idempotencyKey,
    parameters: run.parameters as Record<string, string>,
    files: run.files as string[] | null,
    callback: run.callback && {
      ...run.callback,
      state: run.callback.state as CallbackState,
      lastError: run.callback.lastError as CallbackProblem | null,
    },
    priority: run.priority,
    lanes: run.lanes,
    dueAt: run.fire?.dueAt ?? null,
    planned: run.planned,
    transferCounts: counts.get(run.id) ?? {},
    createdAt: run.createdAt,
    startedAt: run.startedAt,
    cancelRequestedAt: run.cancelRequestedAt,
    finishedAt: run.finishedAt,
    error: recordedError(run),
  }));
}
