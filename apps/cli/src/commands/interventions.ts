import type { PausableEndpoint, RouteObject, Run, Transfer } from '#contract';
import { TRANSFER_DECISIONS } from '#domain';
import type { ApiClient } from '../api-client.ts';
import { UsageError } from '../failures.ts';
import type { Terminal } from '../terminal.ts';
import { type RunOptions, reportRun } from './run.ts';

/** Decides a held transfer. */
export async function resolveTransfer(
  api: ApiClient,
  terminal: Terminal,
  transfer: string,
  options: { as: string; reason: string; json?: boolean },
): Promise<void> {
  const decision = TRANSFER_DECISIONS.find((one) => one === options.as);
  if (!decision) throw new UsageError(`--as ${options.as}: expected one of ${TRANSFER_DECISIONS.join(', ')}`);
  const resolved = await api.post<Transfer>(`/transfers/${encodeURIComponent(transfer)}/resolve`, {
    decision,
    reason: options.reason,
  });
  if (options.json) return terminal.json(resolved);
  terminal.line(`transfer ${resolved.id} of ${resolved.route} is ${resolved.state}  ${resolved.sourcePath}`);
}

/** Moves what a run did not deliver, in a new run. */
export async function rerunRun(
  api: ApiClient,
  terminal: Terminal,
  run: string,
  options: RunOptions,
): Promise<void> {
  const headers: Record<string, string> =
    options.idempotencyKey === undefined ? {} : { 'idempotency-key': options.idempotencyKey };
  const made = await api.post<Run>(`/runs/${encodeURIComponent(run)}/rerun`, {}, headers);
  await reportRun(api, terminal, made, options);
}

export async function cancelRun(
  api: ApiClient,
  terminal: Terminal,
  run: string,
  options: { reason: string; json?: boolean },
): Promise<void> {
  const cancelled = await api.post<Run>(`/runs/${encodeURIComponent(run)}/cancel`, {
    reason: options.reason,
  });
  if (options.json) return terminal.json(cancelled);
  const left = cancelled.state === 'cancelled' ? '' : '; what is under way comes to its end';
  terminal.line(`run ${cancelled.id} of ${cancelled.route} is ${cancelled.state}${left}`);
}

/** `pause` or `resume`, of a route or an endpoint. */
export async function changePause(
  api: ApiClient,
  terminal: Terminal,
  verb: 'pause' | 'resume',
  noun: 'route' | 'endpoint',
  name: string,
  options: { reason?: string; json?: boolean },
): Promise<void> {
  const changed = await api.post<RouteObject | PausableEndpoint>(
    `/${noun}s/${encodeURIComponent(name)}/${verb}`,
    options.reason === undefined ? {} : { reason: options.reason },
  );
  if (options.json) return terminal.json(changed);
  terminal.line(
    changed.paused
      ? `${noun} ${name} is paused: nothing new begins, what is under way comes to its end`
      : `${noun} ${name} goes on`,
  );
}
