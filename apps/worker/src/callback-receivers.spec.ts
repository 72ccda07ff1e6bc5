import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { CallbackClaim } from '#audit';
import { readRule } from '#egress';
import { type CalledReceiver, SWITCHING, speaking, startCalledReceiver } from '../testing/called-receiver.ts';

let called: CalledReceiver;
beforeAll(async () => {
  called = await startCalledReceiver();
});
afterEach(() => called.rest());
afterAll(() => called.close());

describe('the egress policy', () => {
  it('is asked about each address, and nothing is sent where it refuses', async () => {
    called.send({ egress: { allow: [{ kind: 'class', addressClass: 'public' }], deny: [] } });
    const runId = await called.aRun();
    await called.end(runId);
    expect((await called.reaches(runId, 'due', 1)).lastError).toBe('refused_by_policy');
    expect(called.received).toEqual([]);
  });

  it('lets who is limited reach inside only what it names by its network, and the run tells nobody what was met', async () => {
    const log: string[] = [];
    called.send({ log });
    const limited = await called.aRun({ publicOnly: true });
    await called.end(limited);
    expect(await called.reaches(limited, 'due', 1)).toMatchObject({
      lastStatus: null,
      lastError: 'refused_by_policy',
    });
    expect(called.received).toEqual([]);
    const [event] = (await called.runs.events('run.callback_failed')).filter(
      ({ objectId }) => objectId === limited,
    );
    expect(event).toMatchObject({ details: { error: 'refused_by_policy' } });
    expect(JSON.stringify(event!.details)).not.toContain('loopback');
    expect(log.join('')).toContain('a loopback address');
    await called.closeSenders();
    const network = readRule('127.0.0.0/8');
    if ('problem' in network) throw new Error(network.problem);
    called.send({ egress: { allow: [network], deny: [] } });
    await called.hurry(limited);
    await called.reaches(limited, 'delivered', 2);
  });
});

describe('a receiver that switches protocols', () => {
  it('stops neither the messages of others nor the shutdown', async () => {
    await speaking(SWITCHING, async (at) => {
      called.send();
      const switching = await called.aRun({ url: at });
      await called.end(switching);
      expect(await called.reaches(switching, 'due', 1)).toMatchObject({ lastStatus: 101 });
      const other = await called.aRun();
      await called.end(other);
      await called.reaches(other, 'delivered', 1);
      await called.closeSenders();
    });
  });
});

describe('receivers that take a message and say nothing', () => {
  /** Holds every request until it is let go. */
  async function tarpit(host: string): Promise<{ url: string; waiting: () => number; close(): void }> {
    let waiting = 0;
    const receiver = createServer(() => void waiting++);
    await new Promise<void>((resolve) => receiver.listen(0, host, resolve));
    return {
      url: `http://${host}:${(receiver.address() as AddressInfo).port}/`,
      waiting: () => waiting,
      close() {
        receiver.closeAllConnections();
        receiver.close();
      },
    };
  }

  it('hold up no other receiver, however many messages wait for them', async () => {
    const slow = await tarpit('127.0.0.2');
    try {
      const route = await called.runs.aRoute();
      for (let index = 0; index < 30; index++) await called.end(await called.aRun({ url: slow.url, route }));
      called.send();
      await vi.waitFor(() => expect(slow.waiting()).toBeGreaterThan(0), { timeout: 10_000, interval: 20 });
      for (let index = 0; index < 10; index++) {
        const quick = await called.aRun({ route });
        await called.end(quick);
        await called.reaches(quick, 'delivered', 1);
      }
      // Still the first ones: nobody had to wait for the end of a try.
      expect(slow.waiting()).toBe(4);
    } finally {
      slow.close();
    }
  });

  it('take a place each and no more: those of a batch that are done make room for the next', async () => {
    const slow = await Promise.all([tarpit('127.0.0.2'), tarpit('127.0.0.3')]);
    try {
      const route = await called.runs.aRoute();
      for (const { url: at } of slow)
        for (let index = 0; index < 6; index++) await called.end(await called.aRun({ url: at, route }));
      const quick = await Promise.all(Array.from({ length: 40 }, () => called.aRun({ route })));
      for (const runId of quick) await called.end(runId);
      called.send();
      for (const runId of quick) await called.reaches(runId, 'delivered', 1);
      expect(slow.map(({ waiting }) => waiting())).toEqual([4, 4]);
    } finally {
      for (const each of slow) each.close();
    }
  });

  it('hold up nobody else by having many names: one who asks has half of the places', async () => {
    const slow = await tarpit('0.0.0.0');
    try {
      const { port } = new URL(slow.url);
      const route = await called.runs.aRoute();
      for (let name = 1; name <= 45; name++)
        await called.end(await called.aRun({ url: `http://127.0.1.${name}:${port}/`, route }));
      called.send();
      await vi.waitFor(() => expect(slow.waiting()).toBeGreaterThan(0), { timeout: 10_000, interval: 20 });
      for (let index = 0; index < 10; index++) {
        const quick = await called.aRun({ route, by: { kind: 'api_key', name: 'somebody else' } });
        await called.end(quick);
        await called.reaches(quick, 'delivered', 1);
      }
      expect(slow.waiting()).toBe(10);
    } finally {
      slow.close();
    }
  });

  it('do not gather the places of who asked: a free one goes to the receiver that has fewest', async () => {
    const route = await called.runs.aRoute();
    const by = { kind: 'api_key', name: 'with two receivers' } as const;
    const asked: string[] = [];
    for (const host of ['slow', 'slow', 'slow', 'quick'])
      asked.push(await called.aRun({ url: `http://${host}.example/`, route, by }));
    for (const run of asked) await called.end(run);
    const claim = async (mostOfAsker: number, underWay: readonly CallbackClaim[]) => {
      const places = { leaseMs: 60_000, most: 100, mostOfOne: 4, mostOfAsker, underWay };
      const claims = await called.runs.recorder.claimCallbacks('worker', places);
      return claims.filter(({ runId }) => asked.includes(runId));
    };
    const first = await claim(1, []);
    expect(first.map(({ runId }) => runId)).toEqual([asked[0]]);
    expect((await claim(2, first)).map(({ runId }) => runId)).toEqual([asked[3]]);
  });

  it('take turns with the other receivers of who asked, and with their own messages of somebody else', async () => {
    const slow = await Promise.all(['127.0.0.5', '127.0.0.6', '127.0.0.7'].map(tarpit));
    try {
      const route = await called.runs.aRoute();
      for (const { url: at } of slow)
        for (let index = 0; index < 6; index++) await called.end(await called.aRun({ url: at, route }));
      const quick = await called.aRun({ route });
      await called.end(quick);
      called.send();
      await called.reaches(quick, 'delivered', 1);
      await vi.waitFor(() => expect(slow.reduce((sum, { waiting }) => sum + waiting(), 0)).toBe(10), {
        timeout: 10_000,
        interval: 20,
      });
      // He has all his places: what waits of him before another's message to the same receiver is passed by.
      for (let index = 0; index < 10; index++) await called.end(await called.aRun({ route }));
      const ofAnother = await called.aRun({ route, by: { kind: 'api_key', name: 'somebody else' } });
      await called.end(ofAnother);
      await called.reaches(ofAnother, 'delivered', 1);
      expect(called.received).toHaveLength(2);
    } finally {
      for (const each of slow) each.close();
    }
  });
});
