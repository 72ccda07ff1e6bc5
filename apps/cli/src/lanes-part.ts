import { setTimeout as pause } from 'node:timers/promises';
import type { Logger, MetricsSnapshot } from '#telemetry';
import { EXIT, UsageError, WorkFailed } from './failures.ts';
import { type LanesEnd, LanesProcess } from './lanes-process.ts';
import type { LanesOrder } from './lanes-protocol.ts';
import type { Shared } from './shared-parts.ts';

/** The first pause before a new one is started; each further one is twice as long. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
/** One that has lived for so long ended for a reason of its own. */
const LIVED_MS = 60_000;
/** Beyond the grace period: logging out, the last commits, closing what is open. */
const CLOSING_MS = 15_000;

/** The process of the lanes, and the next one when it ends though nobody wanted it to. */
export class Lanes {
  readonly #order: LanesOrder;
  readonly #write: (line: string) => void;
  readonly #log: Logger;
  readonly #gracePeriodMs: number;
  readonly #stopping = new AbortController();
  #process: LanesProcess;
  #isRunning = false;
  /** Why there is none, and when the next one starts. */
  #absence = 'they are starting';
  #keeping: Promise<void> | undefined;

  /** Starts the first one; it takes no work yet. */
  constructor(order: LanesOrder, shared: Pick<Shared, 'config' | 'log'>, write: (line: string) => void) {
    this.#order = order;
    this.#write = write;
    this.#log = shared.log.child({ part: 'lanes' });
    this.#gracePeriodMs = shared.config.worker.gracePeriodMs;
    this.#process = new LanesProcess(order, write);
  }

  /** Secrets can be opened. @throws UsageError, WorkFailed when it could not start */
  async prepared(): Promise<void> {
    await this.#reached(this.#process.prepared);
  }

  /** It takes work from now on, and so does each that follows it. */
  async begin(): Promise<void> {
    const startedAtMs = performance.now();
    this.#process.begin();
    await this.#reached(this.#process.running);
    this.#isRunning = true;
    this.#keeping = this.#keep(startedAtMs);
  }

  /** Whether the stored secret has this value: only lanes can open it. */
  async holdsSecret(name: string, value: string): Promise<boolean> {
    return (await this.#process.ask({ about: 'secret', name, value })) === true;
  }

  async problem(): Promise<string | undefined> {
    if (!this.#isRunning) return this.#absence;
    return (await this.#process.ask({ about: 'health' })) as string | undefined;
  }

  /** undefined while they cannot say. */
  async metrics(): Promise<MetricsSnapshot | undefined> {
    if (!this.#isRunning) return undefined;
    return this.#process.ask({ about: 'metrics' }).catch(() => undefined) as Promise<
      MetricsSnapshot | undefined
    >;
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
    }, this.#gracePeriodMs + CLOSING_MS);
    await this.#process.ended;
    clearTimeout(late);
    await this.#keeping;
  }

  kill(): void {
    this.#stopping.abort();
    this.#process.kill();
  }

  async #reached(state: Promise<void>): Promise<void> {
    const end = await Promise.race([state, this.#process.ended]);
    if (end) throw notStarted(end);
  }

  async #keep(since: number): Promise<void> {
    let [startedAtMs, pauseMs] = [since, FIRST_PAUSE_MS];
    for (;;) {
      const end = await this.#process.ended;
      this.#isRunning = false;
      if (this.#stopping.signal.aborted) return;
      if (performance.now() - startedAtMs > LIVED_MS) pauseMs = FIRST_PAUSE_MS;
      const sentence = `they have ended (${end.how}) and are started again in ${pauseMs / 1_000} s`;
      this.#absence = sentence;
      this.#log.error({ words: end.words }, `lanes: ${sentence}`);
      const stopped = await pause(pauseMs, false, { signal: this.#stopping.signal }).catch(() => true);
      if (stopped) return;
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
      startedAtMs = performance.now();
      this.#process = new LanesProcess(this.#order, this.#write);
      const next = this.#process;
      next.begin();
      void next.running.then(() => {
        this.#isRunning = next === this.#process;
      });
    }
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
  const { config, databaseUrl, readiness, metrics } = shared;
  const order = { home: config.home, port: config.apiPort, demo, databaseUrl };
  const lanes = new Lanes(order, shared, write);
  stack.defer(() => lanes.kill());
  readiness.health.add('lanes', () => lanes.problem(), { advisory: true });
  readiness.onDrain(() => lanes.drain());
  metrics.showAlso(() => lanes.metrics());
  return lanes;
}
