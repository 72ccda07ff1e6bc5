import { createHmac } from 'node:crypto';
import type { RunRecord } from '#store';

/** What a program is told of a run that has ended. */
export function callbackBody(run: RunRecord): string {
  return JSON.stringify({
    type: 'run.finished',
    run: {
      id: run.id,
      route: run.route,
      state: run.state,
      trigger: run.trigger,
      requestedBy: run.requestedBy,
      rerunOf: run.rerunOf,
      idempotencyKey: run.idempotencyKey,
      parameters: run.parameters,
      files: run.files,
      transferCounts: run.transferCounts,
      createdAt: run.createdAt,
      startedAt: run.startedAt,
      finishedAt: run.finishedAt,
      error: run.error,
    },
  });
}

const ENCODED = /^whsec_(?<base64>[A-Za-z0-9+/]{22,}={0,2})$/;

/**
 * As standardwebhooks.com says, so that receivers find a library: HMAC-SHA-256 over id, time and body. The receiver refuses what
 * is older than five minutes and ids that it has seen.
 */
export function signedHeaders(
  secret: string,
  { messageId, body, at }: { messageId: string; body: string; at: Date },
): Record<string, string> {
  const timestamp = String(Math.floor(at.getTime() / 1_000));
  const { base64 } = ENCODED.exec(secret)?.groups ?? {};
  const key = base64 === undefined ? Buffer.from(secret, 'utf8') : Buffer.from(base64, 'base64');
  const signature = createHmac('sha256', key).update(`${messageId}.${timestamp}.${body}`).digest('base64');
  return {
    'webhook-id': messageId,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${signature}`,
  };
}
