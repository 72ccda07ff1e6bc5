import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Doorbell,
  type DoorbellQueue,
  type Listener,
  openQueue,
  type QueueBackend,
} from '../src/index.ts';

/** The questions every backend of the queue has to answer in the same way. */
export function describeQueueConformance(
  name: string,
  start: () => Promise<{ backend: QueueBackend; stop(): Promise<void> }>,
): void {
  describe(`the queue on ${name}`, () => {
    let stop: () => Promise<void>;
    let backend: QueueBackend;
    let queue: DoorbellQueue;
    let listeners: Listener[];
    const problems: Error[] = [];

    beforeEach(async () => {
      ({ backend, stop } = await start());
      queue = await openQueue(backend, (error) => problems.push(error));
      listeners = [];
    });

    afterEach(async () => {
      await Promise.all(listeners.map((listener) => listener.close()));
      await queue.close();
      await stop();
    });

    function listen(handle: (doorbell: Doorbell) => Promise<void>, concurrency = 4): void {
      listeners.push(queue.listen({ concurrency, handle }));
    }

    /** Collects doorbells and lets a test wait until `count` have been heard. */
    function hearing(): {
      heard: Doorbell[];
      count(count: number): Promise<void>;
      handle(doorbell: Doorbell): Promise<void>;
    } {
      const heard: Doorbell[] = [];
      const waiting: { count: number; resolve(): void }[] = [];
      return {
        heard,
        count: (count) =>
          new Promise((resolve) => (heard.length >= count ? resolve() : waiting.push({ count, resolve }))),
        async handle(doorbell) {
          heard.push(doorbell);
          for (const waiter of waiting) if (heard.length >= waiter.count) waiter.resolve();
        },
      };
    }

    it('brings every doorbell to one listener', async () => {
      const first = hearing();
      const runs = Array.from({ length: 50 }, () => randomUUID());
      listen(first.handle);
      listen(first.handle);
      await Promise.all(runs.map((runId) => queue.ring({ runId, lane: 0, priority: 5 })));
      await first.count(50);
      expect(first.heard.map((doorbell) => doorbell.runId).sort()).toEqual(runs.sort());
    });

    it('keeps what was rung while nobody listened', async () => {
      const runId = randomUUID();
      await queue.ring({ runId, lane: 3, priority: 5 });
      const late = hearing();
      listen(late.handle);
      await late.count(1);
      expect(late.heard).toEqual([{ runId, lane: 3 }]);
    });

    it('counts a doorbell that is rung again while it waits as one, and rings again once it was heard', async () => {
      const runId = randomUUID();
      for (let times = 0; times < 5; times++) await queue.ring({ runId, lane: 0, priority: 5 });
      const one = hearing();
      listen(one.handle);
      await one.count(1);
      // The job is gone a moment after its handler has returned: ring until it is heard anew.
      while (one.heard.length < 2) {
        await queue.ring({ runId, lane: 0, priority: 5 });
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      expect(one.heard.every((doorbell) => doorbell.runId === runId)).toBe(true);
    });

    it('goes on after a handler has thrown', async () => {
      const failed = randomUUID();
      const fine = hearing();
      listen(async (doorbell) => {
        if (doorbell.runId === failed) throw new Error('this lane failed');
        await fine.handle(doorbell);
      }, 1);
      await queue.ring({ runId: failed, lane: 0, priority: 1 });
      await queue.ring({ runId: randomUUID(), lane: 0, priority: 5 });
      await fine.count(1);
    });

    it('rings the more urgent run first', async () => {
      const [urgent, patient] = [randomUUID(), randomUUID()];
      await queue.ring({ runId: patient, lane: 0, priority: 9 });
      await queue.ring({ runId: urgent, lane: 0, priority: 1 });
      const order = hearing();
      listen(order.handle, 1);
      await order.count(2);
      expect(order.heard.map((doorbell) => doorbell.runId)).toEqual([urgent, patient]);
    });

    it('waits for the handler under way when a listener closes', async () => {
      const started = Promise.withResolvers<void>();
      const release = Promise.withResolvers<void>();
      let ended = false;
      const listener = queue.listen({
        concurrency: 1,
        async handle() {
          started.resolve();
          await release.promise;
          ended = true;
        },
      });
      await queue.ring({ runId: randomUUID(), lane: 0, priority: 5 });
      await started.promise;
      const closing = listener.close();
      release.resolve();
      await closing;
      expect(ended).toBe(true);
    });

    it('says that it is well', async () => {
      expect(await queue.problem()).toBeUndefined();
    });
  });
}
