import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { KeysUnavailable } from '#secrets';
import { type CalledReceiver, SECRET, startCalledReceiver } from '../testing/called-receiver.ts';

const TEN = { leaseMs: 60_000, most: 10, mostOfOne: 10, mostOfAsker: 10, underWay: [] };

let called: CalledReceiver;
beforeAll(async () => {
  called = await startCalledReceiver();
});
afterEach(() => called.rest());
afterAll(() => called.close());

describe('the call-back of a run', () => {
  it('is sent once when the run has ended, and signed over id, time and body', async () => {
    const log: string[] = [];
    for (let worker = 0; worker < 3; worker++) called.send({ log });
    const runId = await called.aRun();
    expect(await called.callbackOf(runId)).toMatchObject({ state: 'waiting', attempts: 0 });
    await called.end(runId);
    const row = await called.reaches(runId, 'delivered', 1);
    expect(called.received).toHaveLength(1);
    const { path, headers, body } = called.received[0]!;
    expect(path).toBe('/hook?key=do-not-log');
    expect(JSON.parse(body)).toMatchObject({
      type: 'run.finished',
      run: { id: runId, state: 'cancelled', finishedAt: expect.any(String) },
    });
    const [id, at] = [headers['webhook-id'], headers['webhook-timestamp']];
    expect(id).toBe(row.messageId);
    expect(Math.abs(Date.now() / 1_000 - Number(at))).toBeLessThan(60);
    const signature = createHmac('sha256', SECRET).update(`${id}.${at}.${body}`).digest('base64');
    expect(headers['webhook-signature']).toBe(`v1,${signature}`);
    const [event] = (await called.runs.events('run.callback_delivered')).filter(
      ({ objectId }) => objectId === runId,
    );
    expect(event).toMatchObject({ details: { host: new URL(called.url).host, attempt: 1, status: 200 } });
    const told = (await called.runs.events('run.requested')).map(({ details }) => JSON.stringify(details));
    for (const sink of [...log, ...told, body]) {
      expect(sink).not.toContain(SECRET);
      expect(sink).not.toContain('do-not-log');
    }
  });

  it('is tried again under the same id, whatever else was answered, and not at once', async () => {
    called.answers = [500, 302, 404, 204];
    called.send();
    const runId = await called.aRun();
    await called.end(runId);
    for (let tries = 1; tries < 4; tries++) {
      const row = await called.reaches(runId, 'due', tries);
      expect(row.notBefore!.getTime()).toBeGreaterThan(Date.now() + 5_000);
      await called.hurry(runId);
    }
    await called.reaches(runId, 'delivered', 4);
    expect(called.received.map(({ path }) => path)).toEqual(Array(4).fill('/hook?key=do-not-log'));
    expect(new Set(called.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(new Set(called.received.map(({ body }) => body)).size).toBe(1);
    expect(
      (await called.runs.events('run.callback_failed')).filter(({ objectId }) => objectId === runId),
    ).toHaveLength(3);
  });

  it('is given up after twelve tries, and at once where nobody wants it any more', async () => {
    called.answers = [410];
    called.send();
    const gone = await called.aRun();
    await called.end(gone);
    await called.reaches(gone, 'given_up', 1);
    called.answers = [503];
    const stubborn = await called.aRun();
    await called.end(stubborn);
    await called.reaches(stubborn, 'due', 1);
    await called.runs.store.db.runCallback.updateMany({ where: { runId: stubborn }, data: { attempts: 11 } });
    await called.hurry(stubborn);
    await called.reaches(stubborn, 'given_up', 12);
    expect(await called.runs.events('run.callback_given_up')).toHaveLength(2);
  });

  it('waits for its secret, and for a receiver that is away', async () => {
    called.send({ secret: undefined });
    const runId = await called.aRun();
    await called.end(runId);
    expect((await called.reaches(runId, 'due', 1)).lastError).toBe('secret');
    await called.closeSenders();
    called.send();
    await called.hurry(runId);
    await called.reaches(runId, 'delivered', 2);
    const nobody = createServer();
    await new Promise<void>((resolve) => nobody.listen(0, '127.0.0.1', resolve));
    const { port } = nobody.address() as AddressInfo;
    await new Promise((resolve) => nobody.close(resolve));
    const other = await called.aRun({ url: `http://127.0.0.1:${port}/` });
    await called.end(other);
    expect(await called.reaches(other, 'due', 1)).toMatchObject({
      lastStatus: null,
      lastError: 'unreachable',
    });
  });

  it('is another message when the run ends anew', async () => {
    called.send();
    const runId = await called.aRun();
    await called.end(runId);
    const first = await called.reaches(runId, 'delivered', 1);
    await called.runs.store.db.run.update({
      where: { id: runId },
      data: { state: 'running', finishedAt: null },
    });
    await called.runs.store.db.run.update({
      where: { id: runId },
      data: { state: 'failed', finishedAt: new Date() },
    });
    await vi.waitFor(() => expect(called.received).toHaveLength(2), { timeout: 10_000 });
    const second = await called.reaches(runId, 'delivered', 1);
    expect(second.messageId).not.toBe(first.messageId);
    expect(JSON.parse(called.received[1]!.body)).toMatchObject({ run: { state: 'failed' } });
  });

  it('of a worker that died is sent by another when its lease is over', async () => {
    const runId = await called.aRun();
    await called.end(runId);
    const [dead] = await called.runs.recorder.claimCallbacks('dead', TEN);
    expect(await called.runs.recorder.claimCallbacks('other', TEN)).toEqual([]);
    const leaseIsOver = () =>
      called.runs.store.db.runCallback.update({ where: { runId }, data: { leaseUntil: new Date(0) } });
    await leaseIsOver();
    const [alive] = await called.runs.recorder.claimCallbacks('alive', TEN);
    expect(await called.runs.recorder.recordCallback(dead!, { status: 200, error: null })).toBe('lost');
    expect(await called.callbackOf(runId)).toMatchObject({ state: 'due', leaseOwner: 'alive', attempts: 2 });
    await leaseIsOver();
    called.send();
    await called.reaches(runId, 'delivered', 3);
    expect(await called.runs.recorder.recordCallback(alive!, { status: 500, error: null })).toBe('lost');
    expect(await called.callbackOf(runId)).toMatchObject({ state: 'delivered', lastStatus: 200 });
  });
});

describe('a receiver who was not told', () => {
  /** All tries but the last are over. */
  async function lastTry(runId: string): Promise<void> {
    await called.end(runId);
    await called.reaches(runId, 'due', 1);
    await called.runs.store.db.runCallback.updateMany({ where: { runId }, data: { attempts: 11 } });
    await called.hurry(runId);
  }
  const incidentsOf = async (runId: string) => {
    const run = await called.runs.store.db.run.findUniqueOrThrow({
      where: { id: runId },
      include: { route: true },
    });
    return called.runs.incidents({ kind: 'callback_given_up', route: run.route.name });
  };

  it('is an incident of the route and the receiver, which the next message ends that he takes', async () => {
    called.answers = [503];
    called.send();
    const first = await called.aRun();
    await lastTry(first);
    await called.reaches(first, 'given_up', 12);
    const host = new URL(called.url).host;
    const [incident, ...others] = await incidentsOf(first);
    expect(others).toEqual([]);
    expect(incident).toMatchObject({ state: 'open', object: 'route', runId: first, occurrences: 1 });
    expect(incident!.summary).toContain(`${host} was not told how a run of ${incident!.route} ended`);
    expect(incident!.summary).toContain('it answered 503, the last of 12 tries');
    expect(incident!.summary).not.toContain('do-not-log');
    const second = await called.aRun({ route: incident!.route! });
    await lastTry(second);
    await called.reaches(second, 'given_up', 12);
    expect(await incidentsOf(first)).toMatchObject([{ state: 'open', occurrences: 2, runId: second }]);
    // Another receiver of the same route proves nothing.
    const other = createServer((_, response) => response.end());
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const elsewhere = await called.aRun({ url: `http://127.0.0.1:${port}/`, route: incident!.route! });
    await called.end(elsewhere);
    await called.reaches(elsewhere, 'delivered', 1);
    other.closeAllConnections();
    other.close();
    expect(await incidentsOf(first)).toMatchObject([{ state: 'open' }]);
    called.answers = [200];
    const third = await called.aRun({ route: incident!.route! });
    await called.end(third);
    await called.reaches(third, 'delivered', 1);
    expect(await incidentsOf(first)).toMatchObject([
      { state: 'resolved', resolution: expect.stringContaining(`was told of run ${third}`) },
    ]);
  });

  it('and said that nobody wants it is no incident', async () => {
    called.answers = [410];
    called.send();
    const runId = await called.aRun();
    await called.end(runId);
    await called.reaches(runId, 'given_up', 1);
    expect(await incidentsOf(runId)).toEqual([]);
  });

  it('because the keys of secrets are away has lost no try, and the outage is an incident', async () => {
    const secret = () => {
      throw new KeysUnavailable('The keys are in Vault, and it is sealed.');
    };
    called.send({ secret });
    const runId = await called.aRun();
    await called.end(runId);
    await vi.waitFor(
      async () =>
        expect(await called.callbackOf(runId)).toMatchObject({
          state: 'due',
          attempts: 0,
          leaseOwner: null,
          lastError: 'secret',
        }),
      { timeout: 10_000, interval: 20 },
    );
    expect((await called.callbackOf(runId)).notBefore!.getTime()).toBeGreaterThan(Date.now() + 5_000);
    expect(called.received).toEqual([]);
    expect(await called.runs.incidents({ kind: 'keys_unavailable' })).toMatchObject([
      { state: 'open', route: null },
    ]);
    expect(
      (await called.runs.events('run.callback_failed')).filter(({ objectId }) => objectId === runId),
    ).toEqual([]);
    await called.closeSenders();
    called.send();
    await called.hurry(runId);
    await called.reaches(runId, 'delivered', 1);
  });
});
