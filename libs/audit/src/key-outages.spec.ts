import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TransferError } from '#domain';
import { OPERATOR, type RecordedRuns, startRecordedRuns } from '../testing/recorded-runs.ts';

let runs: RecordedRuns;
beforeAll(async () => {
  runs = await startRecordedRuns();
});
afterAll(() => runs.close());
beforeEach(() => runs.recorder.endKeyOutage('before', -60_000));

const unresolved = async () =>
  (await runs.incidents({ kind: 'keys_unavailable' })).filter(({ state }) => state !== 'resolved');
const AWAY = 'The keys are in Vault, and it is sealed.';

function outage(): TransferError {
  const detail = `The secret "acme" cannot be opened now. ${AWAY}`;
  return new TransferError('secret_unavailable', { phase: 'connect', detail, cause: new Error(AWAY) });
}

describe('an outage of the keys', () => {
  it('is one incident of the installation, however many workers and runs meet it', async () => {
    const { recorder } = runs;
    const route = await runs.aRoute();
    await recorder.recordKeyOutage('w1', AWAY, { goesOn: false });
    for (let run = 0; run < 3; run++)
      await recorder.waitForKeys(await runs.aRun(route), 'w2', outage(), 5_000);
    const [incident, ...others] = await unresolved();
    expect(others).toEqual([]);
    expect(incident).toMatchObject({
      object: 'secret',
      objectId: 'keys',
      occurrences: 4,
      summary: `Secrets cannot be opened, and what needs one waits: ${AWAY}`,
      errorCode: 'secret_unavailable',
    });
    // It names nothing of any partner: only who may see everything sees it.
    expect(incident).toMatchObject({ runId: null, transferId: null, route: null, endpoint: null });
  });

  it('is told to who sees the run without the place of the keys and what it answers', async () => {
    const { recorder, store } = runs;
    const runId = await runs.aRun(await runs.aRoute());
    await recorder.waitForKeys(runId, 'w1', outage(), 0);
    const run = await store.db.run.findUniqueOrThrow({ where: { id: runId } });
    expect(run).toMatchObject({
      errorCode: 'secret_unavailable',
      errorDetail: 'The keys of its secrets are away.',
    });
    const [event] = (await runs.events('run.waits_for_keys')).filter(({ objectId }) => objectId === runId);
    expect(JSON.stringify([run.errorDetail, event!.details])).not.toMatch(/Vault|acme/);
    expect((await unresolved())[0]!.summary).toContain(AWAY);
  });

  it('that goes on is said once by each who meets it', async () => {
    const { recorder } = runs;
    const runId = await runs.aRun(await runs.aRoute());
    await recorder.recordKeyOutage('w1', AWAY, { goesOn: false });
    await recorder.waitForKeys(runId, 'w1', outage(), 0);
    const [before] = await unresolved();
    await recorder.recordKeyOutage('w1', AWAY, { goesOn: true });
    await recorder.waitForKeys(runId, 'w1', outage(), 0);
    const [after] = await unresolved();
    expect(after!.occurrences).toBe(before!.occurrences);
    expect(after!.lastSeenAt.getTime()).toBeGreaterThan(before!.lastSeenAt.getTime());
    expect(
      (await runs.events('run.waits_for_keys')).filter(({ objectId }) => objectId === runId),
    ).toHaveLength(1);
  });

  it('ends when somebody reaches the keys and nobody else has missed them for a while', async () => {
    const { recorder } = runs;
    await recorder.recordKeyOutage('w1', AWAY, { goesOn: false });
    await recorder.endKeyOutage('w2', 60_000);
    const [incident] = await unresolved();
    expect(incident).toBeDefined();
    await recorder.endKeyOutage('w2', 0);
    expect(await unresolved()).toEqual([]);
    expect(
      (await runs.incidents({ kind: 'keys_unavailable' })).find(({ id }) => id === incident!.id),
    ).toMatchObject({
      state: 'resolved',
      resolvedBy: 'w2',
      resolution: 'Secrets can be opened again.',
    });
    const events = (await runs.events('incident.resolved')).length;
    await recorder.endKeyOutage('w2', 0);
    expect((await runs.events('incident.resolved')).length).toBe(events);
  });

  it('that a person has declared over too early is another incident', async () => {
    const { recorder } = runs;
    await recorder.recordKeyOutage('w1', AWAY, { goesOn: false });
    const [first] = await unresolved();
    await recorder.answerIncident(first!.id, OPERATOR, { kind: 'resolve', reason: 'done' });
    await recorder.recordKeyOutage('w1', AWAY, { goesOn: true });
    const [second] = await unresolved();
    expect(second).toMatchObject({ state: 'open', occurrences: 1 });
    expect(second!.id).not.toBe(first!.id);
  });
});
