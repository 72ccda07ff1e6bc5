import type { Run } from '#contract';
import { type Answer, json, type TestApi } from './start-test-api.ts';

/** As an operator, with an Idempotency-Key where there is one. */
export function postRun(api: TestApi, route: string, body: object, key?: string): Promise<Answer> {
  return api.call('POST', `/api/v1/routes/${route}/runs`, api.keys.operator, {
    ...json(body),
    headers: {
      'content-type': 'application/json',
      ...(key !== undefined && { 'idempotency-key': key }),
    },
  });
}

/** @throws with the answer when it is none of 202 */
export async function triggerRun(api: TestApi, route: string, body: object, key?: string): Promise<Run> {
  const answer = await postRun(api, route, body, key);
  if (answer.status !== 202) throw new Error(`${answer.status} ${answer.text}`);
  return JSON.parse(answer.text) as Run;
}

/** What a refusal must leave as it was. */
export async function tracesOf(api: TestApi): Promise<number[]> {
  return [
    await api.store.db.run.count(),
    await api.store.db.auditEvent.count(),
    await api.store.db.idempotentRequest.count(),
    api.rung.length,
  ];
}
