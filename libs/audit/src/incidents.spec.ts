import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TransferError } from '#domain';
import { OPERATOR, type RecordedRuns, startRecordedRuns } from '../testing/recorded-runs.ts';
import { openIncident } from './incidents.ts';

let runs: RecordedRuns;
let route: string;

beforeAll(async () => {
  runs = await startRecordedRuns();
});
afterAll(() => runs.close());
beforeEach(async () => {
  route = await runs.aRoute();
});

const ofRoute = (kind: string) => runs.incidents({ kind, route });

describe('an incident is opened', () => {
  it('where a transfer is in doubt, and names file, route and destination', async () => {
    const runId = await runs.planned(route, ['a.csv']);
    const transferId = await runs.leaveInDoubt(runId);
    const [incident, ...others] = await ofRoute('transfer_in_doubt');
    expect(others).toEqual([]);
    expect(incident).toMatchObject({
      object: 'transfer',
      objectId: transferId,
      transferId,
      runId,
      endpoint: `${route}-destination`,
      state: 'open',
      occurrences: 1,
      errorCode: 'delivery_in_doubt',
    });
    expect(incident!.summary).toContain('/a.csv');
    expect(incident!.summary).toContain('It is not there.');
    expect(await runs.events('incident.opened')).toContainEqual(
      expect.objectContaining({ objectId: incident!.id, actorName: 'worker' }),
    );
  });

  it('where a file is delivered and its source cannot be disposed of', async () => {
    const transferId = await runs.leaveUndisposed(await runs.planned(route, ['a']));
    expect(await ofRoute('transfer_held')).toMatchObject([{ objectId: transferId }]);
    expect(await ofRoute('transfer_in_doubt')).toEqual([]);
  });

  it('where a file was quarantined', async () => {
    const transferId = await runs.quarantine(await runs.planned(route, ['a']));
    expect(await ofRoute('transfer_quarantined')).toMatchObject([{ objectId: transferId }]);
  });

  it('where a run fails, one for the route however many runs fail', async () => {
    await runs.fail(await runs.planned(route, ['a']));
    const later = await runs.unlisted(route);
    const [incident, ...others] = await ofRoute('run_failed');
    expect(others).toEqual([]);
    expect(incident).toMatchObject({ object: 'route', occurrences: 2, runId: later, state: 'open' });
    expect(await runs.events('incident.repeated')).toContainEqual(
      expect.objectContaining({ objectId: incident!.id }),
    );
  });

  it('where a run delivers only a part', async () => {
    const runId = await runs.planned(route, ['a', 'b']);
    await runs.deliver(runId);
    await runs.fail(runId);
    expect(await runs.runState(runId)).toBe('partly_delivered');
    expect(await ofRoute('run_failed')).toMatchObject([
      { summary: expect.stringContaining('1 file was not delivered (permission_denied)') },
    ]);
  });

  it('where a login is refused, once for the endpoint', async () => {
    const endpoint = `${route}-source`;
    const refused = new TransferError('auth_rejected', { phase: 'authenticate', reply: '530 No.' });
    await runs.recorder.recordLoginRefused('worker', endpoint, refused);
    await runs.recorder.recordLoginRefused('another', endpoint, refused);
    const incidents = (await runs.incidents({ kind: 'login_refused' })).filter(
      (incident) => incident.endpoint === endpoint,
    );
    expect(incidents).toMatchObject([
      { occurrences: 2, summary: `${endpoint} refused our login: 530 No.`, state: 'open' },
    ]);
  });

  it('in no transaction that is rolled back', async () => {
    const before = await runs.store.db.auditEvent.count();
    const problem = { kind: 'run_failed', object: 'route', objectId: 'none', actor: OPERATOR } as const;
    await expect(
      runs.store.transaction(async (tx) => {
        await openIncident(tx, { ...problem, summary: 'It went wrong.' });
        throw new Error('rolled back');
      }),
    ).rejects.toThrow('rolled back');
    expect((await runs.incidents()).filter(({ objectId }) => objectId === 'none')).toEqual([]);
    expect(await runs.store.db.auditEvent.count()).toBe(before);
  });

  it('once by twenty that see the same at the same moment', async () => {
    const problem = { kind: 'run_failed', object: 'route', objectId: route, actor: OPERATOR } as const;
    await Promise.all(
      Array.from({ length: 20 }, () =>
        runs.store.transaction((tx) => openIncident(tx, { ...problem, summary: 'It went wrong.', route })),
      ),
    );
    expect(await ofRoute('run_failed')).toMatchObject([{ occurrences: 20 }]);
  });
});

describe('an incident ends by itself', () => {
  it('when the next run of the route delivers everything, and not before', async () => {
    await runs.fail(await runs.planned(route, ['a']));
    const later = await runs.planned(route, ['a', 'b']);
    await runs.deliver(later);
    expect(await ofRoute('run_failed')).toMatchObject([{ state: 'open' }]);
    await runs.deliver(later);
    expect(await ofRoute('run_failed')).toMatchObject([
      {
        state: 'resolved',
        resolvedBy: 'recorder',
        resolution: `Run ${later} delivered everything.`,
      },
    ]);
  });

  it('but not by a run that began before the one that failed', async () => {
    const earlier = await runs.planned(route, ['a']);
    await runs.unlisted(route);
    await runs.deliver(earlier);
    expect(await ofRoute('run_failed')).toMatchObject([{ state: 'open' }]);
  });

  it('and is another one when it happens again', async () => {
    await runs.unlisted(route);
    await runs.planned(route, []);
    await runs.unlisted(route);
    expect((await ofRoute('run_failed')).map(({ state }) => state)).toEqual(['resolved', 'open']);
  });

  it('when a login is accepted, also after new settings have ended the pause', async () => {
    const endpoint = `${route}-source`;
    const refused = new TransferError('auth_rejected', { phase: 'authenticate' });
    await runs.recorder.recordLoginRefused('worker', endpoint, refused);
    await runs.store.db.endpoint.update({ where: { name: endpoint }, data: { loginRefusedAt: null } });
    await runs.recorder.recordLoginAccepted('worker', endpoint);
    const incidents = (await runs.incidents({ kind: 'login_refused' })).filter(
      (incident) => incident.endpoint === endpoint,
    );
    expect(incidents).toMatchObject([{ state: 'resolved', resolution: 'A login was accepted.' }]);
  });
});

describe('a person', () => {
  async function anIncident(): Promise<string> {
    await runs.unlisted(route);
    return (await ofRoute('run_failed'))[0]!.id;
  }
  const answer = (id: string, given: Parameters<typeof runs.recorder.answerIncident>[2]) =>
    runs.recorder.answerIncident(id, OPERATOR, given);

  it('acknowledges, snoozes and resolves an incident, each with its event', async () => {
    const id = await anIncident();
    const until = new Date(Date.now() + 3_600_000);
    expect(await answer(id, { kind: 'snooze', until, note: 'after lunch' })).toBe('snoozed');
    expect(await answer(id, { kind: 'acknowledge', note: '' })).toBe('acknowledged');
    expect(await answer(id, { kind: 'resolve', reason: 'the disk was full' })).toBe('resolved');
    expect((await ofRoute('run_failed'))[0]).toMatchObject({
      state: 'resolved',
      acknowledgedBy: 'Ada',
      resolvedBy: 'Ada',
      resolution: 'the disk was full',
      snoozedUntil: null,
    });
    for (const action of ['incident.snoozed', 'incident.acknowledged', 'incident.resolved'])
      expect(await runs.events(action)).toContainEqual(
        expect.objectContaining({ objectId: id, actorName: 'Ada' }),
      );
  });

  it('is told when there is nothing to answer any more', async () => {
    const id = await anIncident();
    await answer(id, { kind: 'resolve', reason: 'over' });
    await expect(answer(id, { kind: 'acknowledge', note: '' })).rejects.toMatchObject({
      code: 'incident_conflict',
      message: expect.stringContaining('is resolved'),
    });
    expect(
      await answer('0b0e8a4e-6c8f-4a53-9a0c-0f1f3a6f1c11', { kind: 'acknowledge', note: '' }),
    ).toBeUndefined();
  });

  it('cannot snooze into the past', async () => {
    const id = await anIncident();
    await expect(answer(id, { kind: 'snooze', until: new Date(0), note: '' })).rejects.toMatchObject({
      code: 'incident_conflict',
    });
  });

  it('cannot close the incident of a held transfer over its head', async () => {
    const transferId = await runs.leaveInDoubt(await runs.planned(route, ['a']));
    const [incident] = await ofRoute('transfer_in_doubt');
    await expect(answer(incident!.id, { kind: 'resolve', reason: 'no idea' })).rejects.toMatchObject({
      code: 'incident_conflict',
      message: expect.stringContaining(`waybill resolve ${transferId} --as`),
    });
  });
});
