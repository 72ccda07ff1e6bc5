import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createPostgresBackend, Queue } from 'bullmq';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type DoorbellQueue,
  type Listener,
  type ListenOptions,
  openQueue,
  type QueueBackend,
  type QueueProblem,
} from '../src/index.ts';
import { Hearing } from './hearing.ts';

/** A real server, and the ways to harm it. */
export interface QueueServer {
  backend: QueueBackend;
  /** Forgets everything, as after `FLUSHALL`. */
  wipe(): Promise<void>;
  /** Forgets what waits but not the keys that say it waits, as an eviction does. */
  loseWaiting(queueName: string): Promise<void>;
  /** Ends the connections of the queue from the server's side. */
  cutConnections(): Promise<void>;
}

/** The questions that every backend of the queue answers in the same way. `server` is called once it is up. */
export function describeQueueConformance(name: string, server: () => QueueServer): void {
  describe(`the queue on ${name}`, () => {
    let queueName: string;
    let queue: DoorbellQueue;
    let problems: QueueProblem[];
    /** Added to a clock that starts with each test. */
    let laterMs: number;

    beforeEach(async () => {
      queueName = `test-${randomUUID()}`;
      problems = [];
      laterMs = 0;
      const startMs = 960_000_000 - performance.now();
      queue = await openQueue(server().backend, (problem) => problems.push(problem), {
        queueName,
        now: () => startMs + performance.now() + laterMs,
        lockMs: 1_000,
      });
    });

    afterEach(() => queue.close());

    const listen = (handle: ListenOptions['handle'], concurrency = 4): Listener =>
      queue.listen({ concurrency, handle });

    async function dieListening(): Promise<string | null> {
      const program = fileURLToPath(new URL('dying-listener.ts', import.meta.url));
      const parameters = [JSON.stringify(server().backend), queueName, '300'];
      const child = spawn(process.execPath, ['--conditions=waybill-source', program, ...parameters], {
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
      return signal;
    }

    it('brings every doorbell to exactly one of its listeners', async () => {
      const hearing = new Hearing();
      const runs = Array.from({ length: 50 }, () => randomUUID());
      listen(hearing.handle);
      listen(hearing.handle);
      await Promise.all(runs.map((runId) => queue.ring({ runId, lane: 0 })));
      await hearing.count(50);
      expect(hearing.heard.map((doorbell) => doorbell.runId).sort()).toEqual(runs.sort());
    });

    it('keeps what was rung while nobody listened', async () => {
      const runId = randomUUID();
      await queue.ring({ runId, lane: 3 });
      const hearing = new Hearing();
      listen(hearing.handle);
      await hearing.count(1);
      expect(hearing.heard).toEqual([{ runId, lane: 3 }]);
    });

    it('counts a doorbell that is rung again while it waits as one, but not one of another lane', async () => {
      const runId = randomUUID();
      for (let times = 0; times < 5; times++) await queue.ring({ runId, lane: 0 });
      await queue.ring({ runId, lane: 1 });
      expect(await queue.depth()).toEqual({ waiting: 2, active: 0 });
    });

    it('rings once more, when it was rung while it was being handled', async () => {
      const runId = randomUUID();
      const hearing = new Hearing();
      const release = Promise.withResolvers<void>();
      listen(async (doorbell) => {
        await hearing.handle(doorbell);
        await release.promise;
      });
      await queue.ring({ runId, lane: 0 });
      await hearing.count(1);
      for (let times = 0; times < 5; times++) await queue.ring({ runId, lane: 0 });
      expect(await queue.depth()).toEqual({ waiting: 0, active: 1 });
      release.resolve();
      await hearing.count(2);
      await vi.waitFor(async () => expect(await queue.depth()).toEqual({ waiting: 0, active: 0 }));
      expect(hearing.heard).toHaveLength(2);
    });

    it('rings again after it was handled, and after its handler has thrown', async () => {
      const runId = randomUUID();
      const hearing = new Hearing();
      listen(async (doorbell) => {
        await hearing.handle(doorbell);
        if (hearing.heard.length === 1) throw new Error('this lane failed');
      });
      for (let times = 1; times <= 3; times++) {
        await queue.ring({ runId, lane: 0 });
        await hearing.count(times);
        await vi.waitFor(async () => expect(await queue.depth()).toEqual({ waiting: 0, active: 0 }));
      }
      expect(problems.map((problem) => problem.kind)).toContain('handler_failed');
    });

    it('brings the more urgent run first', async () => {
      const [urgent, ordinary, patient] = [randomUUID(), randomUUID(), randomUUID()];
      await queue.ring({ runId: patient, lane: 0, priority: 9 });
      await queue.ring({ runId: ordinary, lane: 0 });
      await queue.ring({ runId: urgent, lane: 0, priority: 1 });
      const hearing = new Hearing();
      listen(hearing.handle, 1);
      await hearing.count(3);
      expect(hearing.heard.map((doorbell) => doorbell.runId)).toEqual([urgent, ordinary, patient]);
    });

    it('handles no more at once than it was told to', async () => {
      let atOnce = 0;
      let most = 0;
      const hearing = new Hearing();
      listen(async (doorbell) => {
        most = Math.max(most, ++atOnce);
        await new Promise((resolve) => setImmediate(resolve));
        atOnce--;
        await hearing.handle(doorbell);
      }, 3);
      for (let lane = 0; lane < 30; lane++) await queue.ring({ runId: randomUUID(), lane });
      await hearing.count(30);
      expect(most).toBeLessThanOrEqual(3);
    });

    it('brings a doorbell with a tag to the listeners that have it, whoever else listens', async () => {
      const [plain, dmz, both] = [new Hearing(), new Hearing(), new Hearing()];
      const runs = Array.from({ length: 20 }, () => randomUUID());
      for (const runId of runs) await queue.ring({ runId, lane: 0, tag: 'dmz' });
      listen(plain.handle);
      const heardByPlain = randomUUID();
      await queue.ring({ runId: heardByPlain, lane: 0 });
      await plain.count(1);
      queue.listen({ concurrency: 2, tags: ['mainframe'], handle: plain.handle });
      queue.listen({ concurrency: 2, tags: ['dmz'], handle: dmz.handle });
      await dmz.count(20);
      queue.listen({ concurrency: 2, tags: ['dmz', 'mainframe'], handle: both.handle });
      const inHouse = randomUUID();
      await queue.ring({ runId: inHouse, lane: 0, tag: 'mainframe' });
      await Promise.race([plain.count(2), both.count(1)]);
      expect(dmz.heard.map((doorbell) => doorbell.runId).sort()).toEqual(runs.sort());
      expect([...plain.heard, ...both.heard].map((doorbell) => doorbell.runId)).toEqual([
        heardByPlain,
        inHouse,
      ]);
    });

    it('handles no more at once than it was told to, whatever the tags', async () => {
      let atOnce = 0;
      let most = 0;
      const hearing = new Hearing();
      const tags = ['dmz', 'mainframe'];
      queue.listen({
        concurrency: 3,
        tags,
        async handle(doorbell) {
          most = Math.max(most, ++atOnce);
          await new Promise((resolve) => setImmediate(resolve));
          atOnce--;
          await hearing.handle(doorbell);
        },
      });
      for (let lane = 0; lane < 30; lane++)
        await queue.ring({ runId: randomUUID(), lane, tag: [undefined, ...tags][lane % 3] });
      await hearing.count(30);
      expect(most).toBeLessThanOrEqual(3);
    });

    it('gives a doorbell back when all lanes stay busy with other tags, for another listener', async () => {
      const [busy, free] = [new Hearing(), new Hearing()];
      const release = Promise.withResolvers<void>();
      queue.listen({
        concurrency: 1,
        tags: ['dmz'],
        async handle(doorbell) {
          await busy.handle(doorbell);
          await release.promise;
        },
      });
      await queue.ring({ runId: randomUUID(), lane: 0 });
      await busy.count(1);
      const runId = randomUUID();
      await queue.ring({ runId, lane: 0, tag: 'dmz' });
      await vi.waitFor(async () => expect(await queue.depth()).toEqual({ waiting: 0, active: 2 }));
      queue.listen({ concurrency: 1, tags: ['dmz'], handle: free.handle });
      await free.count(1);
      expect(free.heard).toEqual([{ runId, lane: 0 }]);
      expect(busy.heard).toHaveLength(1);
      release.resolve();
    });

    it('brings a doorbell that is put off later and once, and its handler may put it off again', async () => {
      const runId = randomUUID();
      const hearing = new Hearing();
      const rungAtMs = performance.now();
      const heardAfterMs: number[] = [];
      listen(async (doorbell) => {
        heardAfterMs.push(performance.now() - rungAtMs);
        if (heardAfterMs.length < 3) await queue.ring({ runId, lane: 0, delayMs: 300 });
        await hearing.handle(doorbell);
      });
      for (let times = 0; times < 5; times++) await queue.ring({ runId, lane: 0, delayMs: 300 });
      await hearing.count(3);
      await vi.waitFor(async () => expect(await queue.depth()).toEqual({ waiting: 0, active: 0 }));
      expect(hearing.heard).toHaveLength(3);
      heardAfterMs.forEach((afterMs, index) => {
        expect(afterMs).toBeGreaterThanOrEqual(300 * (index + 1) - 20);
      });
    });

    it('ignores a forged payload and says so', async () => {
      const hearing = new Hearing();
      listen(hearing.handle);
      await forge(server().backend, queueName, { runId: '; DROP TABLE run', lane: 0 });
      const runId = randomUUID();
      await queue.ring({ runId, lane: 0 });
      await hearing.count(1);
      await vi.waitFor(() => expect(problems.map((problem) => problem.kind)).toContain('forged_doorbell'));
      expect(hearing.heard).toEqual([{ runId, lane: 0 }]);
    });

    it('takes doorbells again after everything in it was wiped', async () => {
      const runId = randomUUID();
      const hearing = new Hearing();
      listen(hearing.handle);
      await queue.ring({ runId, lane: 0 });
      await hearing.count(1);
      await server().wipe();
      await queue.ring({ runId, lane: 0 });
      await hearing.count(2);
    });

    it('tells a handler to stop when its doorbell belongs to it no more', async () => {
      const hearing = new Hearing();
      const stopped = Promise.withResolvers<void>();
      listen(async (doorbell, signal) => {
        signal.addEventListener('abort', () => stopped.resolve());
        await hearing.handle(doorbell);
        await stopped.promise;
      });
      await queue.ring({ runId: randomUUID(), lane: 0 });
      await hearing.count(1);
      await server().wipe();
      await stopped.promise;
      expect(problems.map((problem) => problem.kind)).toContain('lock_lost');
    });

    it('rings elsewhere what a dead process was handling, however often that happens', async () => {
      const runId = randomUUID();
      await queue.ring({ runId, lane: 0 });
      for (let deaths = 0; deaths < 3; deaths++) expect(await dieListening()).toBe('SIGKILL');
      const hearing = new Hearing();
      listen(hearing.handle);
      await hearing.count(1);
      expect(hearing.heard).toEqual([{ runId, lane: 0 }]);
    });

    it('is wedged by a lost doorbell for a minute at most', async () => {
      const runId = randomUUID();
      await queue.ring({ runId, lane: 0 });
      await server().loseWaiting(queueName);
      laterMs += 60_000;
      await queue.ring({ runId, lane: 0 });
      const hearing = new Hearing();
      listen(hearing.handle);
      await hearing.count(1);
    });

    it('outlives connections that the server ends, and hears again', async () => {
      const hearing = new Hearing();
      listen(hearing.handle);
      await queue.ring({ runId: randomUUID(), lane: 0 });
      await hearing.count(1);
      await server().cutConnections();
      // As the scheduler does: what cannot be rung now is rung by the next sweep.
      await vi.waitFor(() => queue.ring({ runId: randomUUID(), lane: 0 }), {
        timeout: 20_000,
        interval: 100,
      });
      await hearing.count(2);
      await vi.waitFor(async () => expect(await queue.problem()).toBeUndefined(), { timeout: 10_000 });
    });

    it('waits for handlers under way when a listener closes, and takes nothing more', async () => {
      const hearing = new Hearing();
      const release = Promise.withResolvers<void>();
      let ended = false;
      const listener = listen(async (doorbell) => {
        await hearing.handle(doorbell);
        await release.promise;
        ended = true;
      }, 1);
      await queue.ring({ runId: randomUUID(), lane: 0 });
      await hearing.count(1);
      const closing = listener.close();
      await queue.ring({ runId: randomUUID(), lane: 0 });
      release.resolve();
      await closing;
      expect(ended).toBe(true);
      expect(await queue.depth()).toEqual({ waiting: 1, active: 0 });
    });

    it('aborts the signal of a handler that outlasts the grace period', async () => {
      const hearing = new Hearing();
      const listener = listen(async (doorbell, signal) => {
        await hearing.handle(doorbell);
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      });
      await queue.ring({ runId: randomUUID(), lane: 0 });
      await hearing.count(1);
      await listener.close(20);
      expect(await queue.depth()).toEqual({ waiting: 0, active: 0 });
    });

    it('is well while it answers', async () => {
      expect(await queue.problem()).toBeUndefined();
    });

    it('says what is wrong when ringing is not possible any more', async () => {
      await queue.close();
      await expect(queue.ring({ runId: randomUUID(), lane: 0 })).rejects.toMatchObject({
        code: 'connection_lost',
      });
      expect(await queue.problem()).toEqual(expect.any(String));
    });
  });
}

/** What somebody with access to Redis or to the queue's tables could put there. */
export async function forge(backend: QueueBackend, queueName: string, payload: unknown): Promise<void> {
  const options = { removeOnComplete: true };
  if (backend.kind === 'postgres') {
    const { connectionString } = backend;
    const queue = new Queue(queueName, { connection: { connectionString } }, createPostgresBackend);
    await queue.add('doorbell', payload, options);
    await queue.close();
  } else {
    const queue = new Queue(queueName, { connection: { url: backend.url }, prefix: 'waybill' });
    await queue.add('doorbell', payload, options);
    await queue.close();
  }
}
