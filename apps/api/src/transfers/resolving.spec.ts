import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Incident, Page, Run, Transfer } from '#contract';
import { TransferError } from '#domain';
import { SAMPLE } from '../../testing/sample-configuration.ts';
import { json, problemOf, startTestApi, type TestApi } from '../../testing/start-test-api.ts';

let api: TestApi;
let files = 0;
beforeAll(async () => {
  api = await startTestApi(SAMPLE);
});
afterAll(() => api.close());

const LEASE_MS = 60_000;
const ONE_TRY = { maxAttempts: 1, firstDelayMs: 1, factor: 1, maxDelayMs: 1, jitter: 0 };
const NO_EVIDENCE = { sourceSessionId: null, destinationSessionId: null, transcript: null };

/** One file of a run of `nightly`, brought to its end by an error. */
async function ended(as: 'held' | 'failed'): Promise<{ runId: string; transferId: string; path: string }> {
  const { recorder } = api;
  const { id: runId } = (await api.ask('triggerRun', '/routes/nightly/runs')) as Run;
  const planning = (await recorder.claimPlanning(runId, 'worker', LEASE_MS))!;
  const path = `/out/${++files}.csv`;
  const version = { path, sizeBytes: 1n, modified: '1' };
  await recorder.recordPlan(planning, [{ version, destinationPath: path }], []);
  const { claim } = (await recorder.claimTransfer(runId, 'worker', LEASE_MS))!;
  if (as === 'held') {
    const proof = { sizeBytes: 1n, sha256: 'b'.repeat(64) };
    await recorder.recordFact(claim, {
      kind: 'streaming',
      resumedAtBytes: 0n,
      temporaryPath: '/.t',
      destinationPath: path,
    });
    await recorder.recordFact(claim, { kind: 'verifying', ...proof });
    await recorder.recordFact(claim, { kind: 'publish_intended', ...proof, assurance: 'size' });
  }
  const error = new TransferError(as === 'held' ? 'delivery_in_doubt' : 'permission_denied', {
    phase: 'publish',
  });
  await recorder.recordFailure(claim, error, ONE_TRY, NO_EVIDENCE);
  return { runId, transferId: claim.transferId, path };
}

const resolve = (id: string, body: object) =>
  api.call('POST', `/api/v1/transfers/${id}/resolve`, api.keys.operator, json(body));

describe('POST /transfers/{id}/resolve', () => {
  it('decides, says so in the transfer, ends the incident, and rings the run', async () => {
    const { runId, transferId } = await ended('held');
    const open = (await api.ask('listIncidents', '/incidents?kind=transfer_in_doubt')) as Page<Incident>;
    expect(open.items[0]).toMatchObject({ transferId, runId, route: 'nightly', state: 'open' });
    const before = api.rung.length;
    const body = json({ decision: 'resend', reason: 'the partner sees nothing' });
    const resolved = await api.ask(
      'resolveTransfer',
      `/transfers/${transferId}/resolve`,
      api.keys.operator,
      body,
    );
    expect(resolved).toMatchObject({ id: transferId, state: 'planned', error: null, sha256: null });
    expect(api.rung.slice(before)).toEqual([{ runId, lane: 0 }]);
    expect(await api.ask('getRun', `/runs/${runId}`)).toMatchObject({ state: 'running', finishedAt: null });
    expect(await api.ask('getIncident', `/incidents/${open.items[0]!.id}`)).toMatchObject({
      state: 'resolved',
      resolvedBy: 'operator',
      resolution: 'resend: the partner sees nothing',
    });
  });

  it('closes the run where nothing is left to do, and rings nobody', async () => {
    const { runId, transferId } = await ended('held');
    const before = api.rung.length;
    expect((await resolve(transferId, { decision: 'delivered', reason: 'seen' })).status).toBe(202);
    expect(await api.ask('getRun', `/runs/${runId}`)).toMatchObject({ state: 'delivered' });
    expect(api.rung).toHaveLength(before);
  });

  it.each([
    ['without a reason', { decision: 'resend' }],
    ['for an empty reason', { decision: 'resend', reason: ' ' }],
    ['without a decision', { reason: 'x' }],
    ['with a decision that is none', { decision: 'retry', reason: 'x' }],
  ])('is refused %s, and nothing changes', async (_, body) => {
    const { transferId } = await ended('held');
    expect(problemOf(await resolve(transferId, body)).code).toBe('invalid_request');
    expect(await api.ask('getTransfer', `/transfers/${transferId}`)).toMatchObject({ state: 'held' });
  });

  it('says what to do where there is nothing to decide', async () => {
    const { runId, transferId } = await ended('failed');
    expect(problemOf(await resolve(transferId, { decision: 'resend', reason: 'x' }))).toMatchObject({
      status: 409,
      code: 'transfer_not_held',
      detail: `Transfer ${transferId} is failed; \`waybill rerun ${runId}\` tries it again.`,
    });
    expect(problemOf(await resolve(runId, { decision: 'resend', reason: 'x' })).code).toBe('not_found');
  });
});

describe('POST /runs/{id}/rerun', () => {
  const rerun = (id: string, init = {}) =>
    api.call('POST', `/api/v1/runs/${id}/rerun`, api.keys.operator, init);

  it('makes a run of what was not delivered, which names the earlier one, and rings it', async () => {
    const { runId, path } = await ended('failed');
    const run = (await api.ask('rerunRun', `/runs/${runId}/rerun`, api.keys.operator)) as Run;
    expect(run).toMatchObject({ rerunOf: runId, state: 'running', requestedBy: 'operator', trigger: 'api' });
    expect(run.transferCounts).toEqual({ planned: 1 });
    expect(api.rung.filter((bell) => bell.runId === run.id).map(({ lane }) => lane)).toEqual([0]);
    const transfers = (await api.ask('listTransfers', `/transfers?runId=${run.id}`)) as Page<Transfer>;
    expect(transfers.items.map(({ sourcePath }) => sourcePath)).toEqual([path]);
  });

  it('is one run for one Idempotency-Key, rung once', async () => {
    const { runId } = await ended('failed');
    const init = { headers: { 'idempotency-key': 'again-1' } };
    const answers = await Promise.all(Array.from({ length: 10 }, () => rerun(runId, init)));
    const ids = new Set(answers.map(({ text }) => (JSON.parse(text) as Run).id));
    expect(ids.size).toBe(1);
    expect(api.rung.filter((bell) => ids.has(bell.runId))).toHaveLength(1);
  });

  it('is refused where there is nothing to take up, with what to do instead', async () => {
    const { runId } = await ended('held');
    expect(problemOf(await rerun(runId))).toMatchObject({
      status: 409,
      code: 'nothing_to_rerun',
      detail: expect.stringContaining('waybill resolve'),
    });
    const { id } = (await api.ask('triggerRun', '/routes/nightly/runs')) as Run;
    expect(problemOf(await rerun(id)).code).toBe('run_not_finished');
    expect(problemOf(await rerun('0b0e8a4e-6c8f-4a53-9a0c-0f1f3a6f1c11')).code).toBe('not_found');
  });
});
