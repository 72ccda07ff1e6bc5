import { request } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { recordEvent } from '#audit';
import { runProgressSchema, streamedEventSchema } from '#contract';
import { createApiKey, type Reach, revokeApiKey } from '#identity';
import { type Listening, listenToEvents } from '../../testing/listen-to-events.ts';
import { SAMPLE } from '../../testing/sample-configuration.ts';
import { problemOf, startTestApi, type TestApi } from '../../testing/start-test-api.ts';

const ACTOR = { kind: 'user', name: 'test' } as const;
const EVENTS = '/api/v1/events';
const QUICK = {
  lookEveryMs: 20,
  beatEveryMs: 100,
  lookAtRightsEveryMs: 100,
  mostOfOne: 4,
  mostEventsBehind: 500,
};

let api: TestApi;
const open: Listening[] = [];
beforeAll(async () => {
  api = await startTestApi(SAMPLE, { streams: QUICK });
});
afterEach(async () => {
  for (const each of open.splice(0)) {
    each.leave();
    await each.ended;
  }
});
afterAll(() => api.close());

async function listen(path = EVENTS, key = api.keys.viewer, lastEventId?: string): Promise<Listening> {
  const made = await listenToEvents(
    `${api.url}${path}`,
    key,
    lastEventId === undefined ? {} : { lastEventId },
  );
  open.push(made);
  return made;
}

async function aKey(name: string, partners: Reach = 'all'): Promise<string> {
  const made = { name, role: 'viewer', actor: ACTOR, partners } as const;
  return (await createApiKey(api.store, api.identityKeys, made)).key;
}

async function trigger(route = 'nightly'): Promise<string> {
  return ((await api.ask('triggerRun', `/routes/${route}/runs`)) as { id: string }).id;
}

/** An event about the run, in the caller's hands: `commit` ends the transaction. */
async function begun(runId: string, action: string): Promise<{ commit(): Promise<void> }> {
  const gate = Promise.withResolvers<void>();
  const written = Promise.withResolvers<void>();
  const ended = api.store.transaction(async (tx) => {
    await recordEvent(tx, { actor: ACTOR, action, object: 'run', objectId: runId, runId, details: {} });
    written.resolve();
    await gate.promise;
  });
  await written.promise;
  return {
    async commit() {
      gate.resolve();
      await ended;
    },
  };
}

const actionsOf = ({ heard }: Listening) =>
  heard.filter(({ event }) => event === 'change').map(({ data }) => data['action']);
const about = (runId: string, action: string) => (event: { data: Record<string, unknown> }) =>
  event.data['runId'] === runId && event.data['action'] === action;

describe('GET /events', () => {
  it('tells what happens from now on, and how far the run has come', async () => {
    await trigger();
    const stream = await listen();
    const runId = await trigger();
    const event = await stream.hears(about(runId, 'run.requested'));
    expect(streamedEventSchema.parse(event.data)).toMatchObject({
      id: event.id,
      route: 'nightly',
      object: 'run',
      objectId: runId,
      state: 'queued',
    });
    const progress = await stream.hears(
      ({ event: kind, data }) => kind === 'progress' && data['runId'] === runId,
    );
    expect(runProgressSchema.parse(progress.data)).toMatchObject({ state: 'queued', deliveredBytes: 0 });
    expect(actionsOf(stream)).toEqual(['run.requested']);
  });

  it('goes on behind Last-Event-ID, without loss and without repeating anything', async () => {
    const before = await listen();
    const [one, two, three] = [await trigger(), await trigger(), await trigger()];
    const { id } = await before.hears(about(one, 'run.requested'));
    before.leave();
    const after = await listen(EVENTS, api.keys.viewer, id);
    await after.hears(about(three, 'run.requested'));
    const four = await trigger();
    await after.hears(about(four, 'run.requested'));
    expect(after.heard.filter(({ event }) => event === 'change').map(({ data }) => data['runId'])).toEqual([
      two,
      three,
      four,
    ]);
  });

  it('goes on where a client was who has heard nothing yet', async () => {
    const silent = await listen();
    await expect.poll(() => silent.comments.length).toBeGreaterThan(1);
    const place = silent.lastEventId();
    silent.leave();
    const runId = await trigger();
    await (await listen(EVENTS, api.keys.viewer, place)).hears(about(runId, 'run.requested'));
  });

  it('an event that is committed late is told once, in the same order to everybody, live and resumed', async () => {
    const runId = await trigger();
    const live = await listen();
    const start = live.lastEventId();
    const late = await begun(runId, 'run.planning');
    const early = await begun(runId, 'run.planned');
    await early.commit();
    const middle = await listen(EVENTS, api.keys.viewer, start);
    await late.commit();
    for (const stream of [live, middle]) {
      await stream.hears(about(runId, 'run.planned'));
      expect(actionsOf(stream)).toEqual(['run.planning', 'run.planned']);
    }
    const { id } = await live.hears(about(runId, 'run.planning'));
    const resumed = await listen(EVENTS, api.keys.viewer, id);
    await resumed.hears(about(runId, 'run.planned'));
    expect(actionsOf(resumed)).toEqual(['run.planned']);
  });

  it('says that it cannot go on, where the id is none of this database or too long ago', async () => {
    const unknown = await listen(EVENTS, api.keys.viewer, '999999999999-1');
    expect((await unknown.hears(({ event }) => event === 'reset')).data).toEqual({ reason: 'unknown_id' });
    const start = unknown.lastEventId();
    await api.store.transaction(async (tx) => {
      for (let count = 0; count <= QUICK.mostEventsBehind; count++)
        await recordEvent(tx, {
          actor: ACTOR,
          action: 'process.noted',
          object: 'process',
          objectId: 'x',
          details: {},
        });
    });
    const old = await listen(EVENTS, api.keys.viewer, start);
    expect((await old.hears(({ event }) => event === 'reset')).data).toEqual({ reason: 'too_far_back' });
    const runId = await trigger();
    for (const stream of [unknown, old]) await stream.hears(about(runId, 'run.requested'));
  });

  it.each(['x', '1', '1-', '-1-1', '1-1-1', '99999999999999999999-1', `1-${2n ** 63n}`])(
    'refuses %s as Last-Event-ID',
    async (id) => {
      const answer = await api.call('GET', EVENTS, api.keys.viewer, { headers: { 'last-event-id': id } });
      expect(problemOf(answer).code).toBe('invalid_request');
    },
  );

  it('tells nothing of keys, people and configuration', async () => {
    const stream = await listen();
    await aKey('unheard');
    const runId = await trigger();
    await stream.hears(about(runId, 'run.requested'));
    expect(actionsOf(stream)).toEqual(['run.requested']);
  });

  it('tells a key of one partner nothing of another one, live or resumed', async () => {
    const [own, foreign] = [await aKey('of-acme', ['acme']), await aKey('of-other', ['other'])];
    const start = (await listen()).lastEventId();
    const [hears, silent] = [await listen(EVENTS, own), await listen(EVENTS, foreign)];
    const runId = await trigger();
    await hears.hears(about(runId, 'run.requested'));
    await hears.hears(({ event }) => event === 'progress');
    const resumed = await listen(EVENTS, foreign, start);
    await expect.poll(() => resumed.comments).toContain(': beat');
    expect([...silent.heard, ...resumed.heard]).toEqual([]);
    const path = `/api/v1/runs/${runId}/events`;
    expect(problemOf(await api.call('GET', path, foreign)).code).toBe('not_found');
  });

  it('beats while nothing happens', async () => {
    const stream = await listen();
    await expect.poll(() => stream.comments).toContain(': beat');
  });

  it('answers HEAD at once', async () => {
    expect((await api.call('HEAD', EVENTS, api.keys.viewer)).status).toBe(200);
  });
});

describe('GET /runs/{id}/events', () => {
  it('begins with where the run stands and tells of no other run', async () => {
    const [runId, other] = [await trigger(), await trigger()];
    const stream = await listen(`/api/v1/runs/${runId}/events`);
    const first = await stream.hears(({ event }) => event === 'progress');
    expect(first.data).toMatchObject({ runId, state: 'queued' });
    for (const id of [other, runId])
      await api.ask('cancelRun', `/runs/${id}/cancel`, api.keys.operator, { method: 'POST' });
    await stream.hears(about(runId, 'run.cancel_requested'));
    expect(new Set(stream.heard.map(({ data }) => data['runId']))).toEqual(new Set([runId]));
  });

  it('of a run that is not there is not found', async () => {
    const path = '/api/v1/runs/0b0e8a4e-6c8f-4a53-9a0c-0f1f3a6f1c11/events';
    expect(problemOf(await api.call('GET', path, api.keys.viewer)).code).toBe('not_found');
  });
});

describe('a stream ends', () => {
  it('when its key is revoked, at once and for good', async () => {
    const key = await aKey('leaver');
    const [stays, leaver] = [await listen(), await listen(EVENTS, key)];
    await revokeApiKey(api.store, 'leaver', ACTOR);
    expect(await leaver.ended).toBe('ended');
    const runId = await trigger();
    await stays.hears(about(runId, 'run.requested'));
    expect(leaver.heard).toEqual([]);
    expect((await listen(EVENTS, key)).status).toBe(401);
  });

  it('of a partner that is taken away from its key: nothing more of it is told', async () => {
    const key = await aKey('shrinking', ['acme', 'other']);
    const path = `/api/v1/runs/${await trigger()}/events`;
    const [all, ofRun] = [await listen(EVENTS, key), await listen(path, key)];
    await api.store.db.$executeRaw`UPDATE api_key SET partners = '{other}' WHERE name = 'shrinking'`;
    expect(await ofRun.ended).toBe('ended');
    const before = all.heard.length;
    const witness = await listen();
    await witness.hears(about(await trigger(), 'run.requested'));
    await expect.poll(() => all.comments.length).toBeGreaterThan(3);
    expect(all.heard.length).toBe(before);
  });

  it('when its reader takes nothing, and the others do not notice', async () => {
    const sent = request(`${api.url}${EVENTS}`, {
      headers: { authorization: `Bearer ${api.keys.operator}` },
      agent: false,
    });
    const closed = Promise.withResolvers<void>();
    sent.on('error', () => closed.resolve());
    sent.on('response', (response) => {
      response.pause();
      response.socket.pause();
      response.on('close', () => closed.resolve());
    });
    sent.end();
    await new Promise((resolve) => sent.once('response', resolve));
    const reader = await listen();
    const runId = await trigger();
    const details = { note: 'x' };
    for (let round = 0; round < 30; round++)
      await api.store.transaction(async (tx) => {
        await tx.$executeRaw`
          INSERT INTO audit_event (actor_kind, actor_name, action, object, object_id, run_id, details)
          SELECT 'system', 'test', 'run.planning', 'run', ${runId}, ${runId}::uuid, ${JSON.stringify(details)}::jsonb
            FROM generate_series(1, 1000)`;
      });
    await expect
      .poll(() => api.logged.some((line) => line.includes('"reason":"too_slow"')), { timeout: 20_000 })
      .toBe(true);
    await expect
      .poll(() => reader.heard.filter(({ data }) => data['action'] === 'run.planning').length, {
        timeout: 20_000,
      })
      .toBe(30_000);
    sent.destroy();
    await closed.promise;
  });

  it('and leaves its place to another: one identity has no more than its share', async () => {
    const key = api.keys.auditor;
    const streams = await Promise.all(Array.from({ length: QUICK.mostOfOne }, () => listen(EVENTS, key)));
    const refused = await api.call('GET', EVENTS, key);
    expect(problemOf(refused)).toMatchObject({ status: 429, code: 'too_many_requests' });
    expect((await listen()).status).toBe(200);
    streams[0]!.leave();
    await expect.poll(async () => (await api.call('GET', EVENTS, key)).status).toBe(200);
  });

  it('properly when the api is closed, and the api does not wait for it', async () => {
    const second = await startTestApi(SAMPLE);
    const stream = await listenToEvents(`${second.url}${EVENTS}`, second.keys.viewer);
    const started = performance.now();
    await second.close();
    expect(await stream.ended).toBe('ended');
    expect(performance.now() - started).toBeLessThan(4_000);
  });
});
