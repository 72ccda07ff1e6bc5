import type { CallOf, Client } from '#contract';
import { TRANSFER_DECISIONS } from '#domain';
import { oneOf } from '../api-client.ts';
import type { Terminal } from '../terminal.ts';
import { type RunOptions, reportRun } from './run.ts';

/** Decides a held transfer. */
export async function resolveTransfer(
  api: Client,
  terminal: Terminal,
  transfer: string,
  options: { as: string; reason: string; json?: boolean },
): Promise<void> {
  const decision = oneOf(TRANSFER_DECISIONS, '--as', options.as);
  const resolved = await api.resolveTransfer({
    params: { id: transfer },
    body: { decision, reason: options.reason },
  });
  if (options.json) return terminal.json(resolved);
  terminal.line(`transfer ${resolved.id} of ${resolved.route} is ${resolved.state}  ${resolved.sourcePath}`);
}

/** Moves what a run did not deliver, in a new run. */
export async function rerunRun(
  api: Client,
  terminal: Terminal,
  run: string,
  options: RunOptions,
): Promise<void> {
  const headers = { 'idempotency-key': options.idempotencyKey };
  const made = await api.rerunRun({ params: { id: run }, headers });
  await reportRun(api, terminal, made, options);
}

export async function cancelRun(
  api: Client,
  terminal: Terminal,
  run: string,
  options: { reason: string; json?: boolean },
): Promise<void> {
  const cancelled = await api.cancelRun({ params: { id: run }, body: { reason: options.reason } });
  if (options.json) return terminal.json(cancelled);
  const left = cancelled.state === 'cancelled' ? '' : '; what is under way comes to its end';
  terminal.line(`run ${cancelled.id} of ${cancelled.route} is ${cancelled.state}${left}`);
}

const PAUSE = {
  route: (api: Client, call: CallOf<'pauseRoute'>) => api.pauseRoute(call),
  endpoint: (api: Client, call: CallOf<'pauseEndpoint'>) => api.pauseEndpoint(call),
};
const RESUME = {
  route: (api: Client, call: CallOf<'resumeRoute'>) => api.resumeRoute(call),
  endpoint: (api: Client, call: CallOf<'resumeEndpoint'>) => api.resumeEndpoint(call),
};

/** `pause` or `resume`, of a route or an endpoint. */
export async function changePause(
  api: Client,
  terminal: Terminal,
  verb: 'pause' | 'resume',
  noun: 'route' | 'endpoint',
  name: string,
  options: { reason?: string; json?: boolean },
): Promise<void> {
  const params = { name };
  const { reason } = options;
  const changed =
    verb === 'pause'
      ? await PAUSE[noun](api, { params, body: { reason: reason ?? '' } })
      : await RESUME[noun](api, { params, body: { reason } });
  if (options.json) return terminal.json(changed);
  terminal.line(
    changed.paused
      ? `${noun} ${name} is paused: nothing new begins, what is under way comes to its end`
      : `${noun} ${name} goes on`,
  );
}
