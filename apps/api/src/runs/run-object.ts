import type { CreatedRun, RunRequest } from '#audit';
import type { Run } from '#contract';
import type { RunRecord } from '#store';
import { errorOf, instantOrNull } from '../stored-values.ts';

export function toRun(row: RunRecord): Run {
  return {
    id: row.id,
    route: row.route,
    state: row.state,
    trigger: row.trigger,
    requestedBy: row.requestedBy,
    fireId: row.fireId,
    rerunOf: row.rerunOf,
    idempotencyKey: row.idempotencyKey,
    parameters: row.parameters,
    files: row.files,
    callback: row.callback && callbackOf(row.callback),
    priority: row.priority,
    lanes: row.lanes,
    transferCounts: row.transferCounts,
    createdAt: row.createdAt.toISOString(),
    startedAt: instantOrNull(row.startedAt),
    cancelRequestedAt: instantOrNull(row.cancelRequestedAt),
    finishedAt: instantOrNull(row.finishedAt),
    error: errorOf(row.error),
  };
}

function callbackOf({ url, ...rest }: NonNullable<RunRecord['callback']>): NonNullable<Run['callback']> {
  return { host: new URL(url).host, ...rest };
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
    parameters: { ...run.parameters },
    files: run.files && [...run.files],
    callback: request.callback
      ? callbackOf({
          url: request.callback.url,
          state: 'waiting',
          attempts: 0,
          lastStatus: null,
          lastError: null,
        })
      : null,
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
