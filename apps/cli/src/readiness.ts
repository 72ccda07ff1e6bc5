import { rmSync, writeFileSync } from 'node:fs';
import { Health, type Logger } from '#telemetry';

/** A file older than a few of these belongs to a process that stands still. */
const LOOK_EVERY_MS = 5_000;

/** Whether this process should get work now. It ends with the first word of a drain, before anything else does. */
export class Readiness {
  readonly health = new Health();
  readonly #draining = new AbortController();

  constructor() {
    this.health.add('process', async () => (this.#draining.signal.aborted ? 'it is draining' : undefined));
  }

  /** Parts that stop taking work do so in here, one after the other, without waiting. */
  onDrain(act: () => void): void {
    this.#draining.signal.addEventListener('abort', act, { once: true });
  }

  drain(): void {
    this.#draining.abort();
  }

  /**
   * Says the same to orchestrators of processes without a port: the file is there, and its time is younger than a few
   * seconds, while the process is ready. Gone at once when it drains.
   */
  keepFile(path: string, log: Logger): { close(): void } {
    let looking = false;
    const look = async (): Promise<void> => {
      if (looking) return;
      looking = true;
      const { ok, checks } = await this.health.report();
      looking = false;
      // Things may have changed while the checks were asked.
      if (ok && !this.#draining.signal.aborted) return writeFileSync(path, `${process.pid}\n`);
      rmSync(path, { force: true });
      if (!this.#draining.signal.aborted) log.warn({ checks }, 'not ready');
    };
    const lookQuietly = () =>
      void look().catch((error: unknown) => log.warn({ err: error, path }, 'the ready file cannot be kept'));
    const timer = setInterval(lookQuietly, LOOK_EVERY_MS);
    const close = (): void => {
      clearInterval(timer);
      rmSync(path, { force: true });
    };
    this.onDrain(close);
    lookQuietly();
    return { close };
  }
}
