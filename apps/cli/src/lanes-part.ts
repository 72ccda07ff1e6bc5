import { setTimeout as pause } from 'node:timers/promises';
import type { Logger, MetricsSnapshot } from '#telemetry';
import { EXIT, UsageError, WorkFailed } from './failures.ts';
import { type LanesEnd, LanesProcess } from './lanes-process.ts';
import type { LanesOrder } from './lanes-protocol.ts';
import type { Shared } from './shared-parts.ts';

const TIMES = {
  /** Before a new one is started; each further pause is twice as long. */
  firstPauseMs: 1_000,
  longestPauseMs: 30_000,
  /** One that has lived for so long ended for a reason of its own. */
  livedMs: 60_000,
  /** One that twice says nothing for so long stands still, and what it holds with it. */
  silentMs: 30_000,
  /** Beyond the grace period: logging out, the last commits, closing what is open. */
  closingMs: 15_000,
};

const SECRET_DEADLINE_MS = 60_000;

export interface LanesParts {
  order: LanesOrder;
  log: Logger;
  /** Takes each line of their log. */
  write: (line: string) => void;
  gracePeriodMs: number;
  /** Arguments of Node; default: this program. */
  program?: readonly string[] | undefined;
  times?: Partial<typeof TIMES> | undefined;
}

/** The process of the lanes, and the next one when it ends though nobody wanted it to. */
export class Lanes {
  readonly #parts: LanesParts;
  readonly #times: typeof TIMES;
  readonly #log: Logger;
  readonly #stopping = new AbortController();
  #process: LanesProcess;
  #isRunning = false;
  /** Why there is none. */
  #absence = 'they are starting';
  #keeping: Promise<void> | undefined;

  /** Starts the first one; it takes no work yet. */
  constructor(parts: LanesParts) {
    this.#parts = parts;
    this.#times = { ...TIMES, ...parts.times };
    this.#log = parts.log.child({ part: 'lanes' });
    this.#process = this.#launch();
  }

  /** Secrets can be opened. @throws UsageError, WorkFailed when it could not start */
  async prepared(): Promise<void> {
    await this.#reached(this.#process.prepared);
  }

  /** It takes work from now on, and so does each that follows it. @throws as `prepared` */
  async begin(): Promise<void> {
    const startedAtMs = performance.now();
    this.#process.begin();
    await this.#reached(this.#process.running);
    this.#isRunning = true;
    this.#keeping = this.#keep(startedAtMs);
  }

  /** Whether the stored secret has this value: only lanes can open it, and on a machine under load they take their time. */
  async holdsSecret(name: string, value: string): Promise<boolean> {
    return (await this.#process.ask({ about: 'secret', name, value }, SECRET_DEADLINE_MS)) === true;
  }

  /** What is wrong with them; rejects when they do not answer. */
  async problem(): Promise<string | undefined> {
    if (!this.#isRunning) return this.#absence;
    return (await this.#process.ask({ about: 'health' })) as string | undefined;
  }

  /** undefined while they cannot say. */
  async metrics(): Promise<MetricsSnapshot | undefined> {
    if (!this.#isRunning) return undefined;
    const asked = this.#process.ask({ about: 'metrics' }).catch(() => undefined);
    return asked as Promise<MetricsSnapshot | undefined>;
  }

  drain(): void {
    this.#stopping.abort();
    this.#process.drain();
  }

  /** Drains; what outlasts the grace period is handed back. */
  async close(): Promise<void> {
    this.drain();
    const late = setTimeout(() => {
      this.#log.error('the lanes did not end after their grace period; they are killed');
      this.#process.kill();
    }, this.#parts.gracePeriodMs + this.#times.closingMs);
    await this.#process.ended;
    clearTimeout(late);
    await this.#keeping;
  }

  kill(): void {
    this.#stopping.abort();
    this.#process.kill();
  }

  #launch(): LanesProcess {
    const { order, write, program } = this.#parts;
    return new LanesProcess(order, write, program);
  }

  async #reached(state: Promise<void>): Promise<void> {
    const end = await Promise.race([state, this.#process.ended]);
    if (end) throw notStarted(end);
  }

  async #keep(firstStartedAtMs: number): Promise<void> {
    const { firstPauseMs, longestPauseMs, livedMs } = this.#times;
    const { signal } = this.#stopping;
    let [startedAtMs, pauseMs] = [firstStartedAtMs, firstPauseMs];
    for (;;) {
      const watch = this.#watch(this.#process);
      const { how, words } = await this.#process.ended;
      clearInterval(watch);
      this.#isRunning = false;
      if (signal.aborted) return;
      if (performance.now() - startedAtMs > livedMs) pauseMs = firstPauseMs;
      this.#absence = `they have ended (${how}) and are started again in ${pauseMs / 1_000} s`;
      this.#log.error({ words }, `lanes: ${this.#absence}`);
      if (await pause(pauseMs, false, { signal }).catch(() => true)) return;
      pauseMs = Math.min(pauseMs * 2, longestPauseMs);
      startedAtMs = performance.now();
      let next: LanesProcess;
      try {
        next = this.#launch();
      } catch (error) {
        this.#log.error({ err: error }, 'lanes cannot be started');
        continue;
      }
      this.#process = next;
      next.begin();
      void next.running.then(() => {
        this.#isRunning = next === this.#process;
      });
    }
  }

  /** A process that stands still does not end by itself; its leases do, and nobody else takes them over. */
  #watch(process: LanesProcess): NodeJS.Timeout {
    const { silentMs } = this.#times;
    const look = async (): Promise<void> => {
      try {
        await process.ask({ about: 'life' }, silentMs);
      } catch {
        // Again: perhaps it was us who stood still, and the answer waits here.
        await process.ask({ about: 'life' }, silentMs);
      }
    };
    let isLooking = false;
    return setInterval(() => {
      if (isLooking) return;
      isLooking = true;
      look()
        .catch(() => {
          if (process.hasEnded) return;
          this.#log.error(`lanes: they have not answered for ${(2 * silentMs) / 1_000} s and are killed`);
          process.kill();
        })
        .finally(() => {
          isLooking = false;
        });
    }, silentMs / 2);
  }
}

function notStarted({ how, words }: LanesEnd): Error {
  const message = words.map((line) => line.replace(/^waybill: /, '')).join('\n');
  if (how === EXIT.usage) return new UsageError(message);
  return new WorkFailed(`the process of the lanes ended (${how})${message === '' ? '' : `: ${message}`}`);
}

/** Before everything that needs secrets; ended with the stack, whatever comes between. */
export function startLanesPart(
  shared: Shared,
  { demo, write }: { demo: boolean; write: (line: string) => void },
  stack: AsyncDisposableStack,
): Lanes {
  const { config, databaseUrl, log, readiness, metrics } = shared;
  const order = { home: config.home, port: config.apiPort, demo, databaseUrl };
  const { gracePeriodMs } = config.worker;
  const lanes = new Lanes({ order, log, write, gracePeriodMs });
  stack.defer(() => lanes.kill());
  readiness.health.add('lanes', () => lanes.problem(), { advisory: true });
  readiness.onDrain(() => lanes.drain());
  metrics.showAlso(() => lanes.metrics());
  return lanes;
}
