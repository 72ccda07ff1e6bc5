import { startWorkerProcess, type WorkerProcess } from '../../support/start-worker-process.ts';
import type { WorkerProcessOrder } from '../../support/worker-process.ts';

interface Member {
  name: string;
  process: WorkerProcess;
}

/** Some worker processes with somebody who starts another one for each that ends, as an operating system does. */
export class WorkerCrew {
  readonly #order: Omit<WorkerProcessOrder, 'name'>;
  readonly #members: (Member | undefined)[] = [];
  readonly #replacing = new Set<Promise<void>>();
  #started = 0;
  #stopped = false;
  /** Workers that ended although nobody ended them. */
  readonly deaths: string[] = [];

  private constructor(order: Omit<WorkerProcessOrder, 'name'>) {
    this.#order = order;
  }

  static async start(count: number, order: Omit<WorkerProcessOrder, 'name'>): Promise<WorkerCrew> {
    const crew = new WorkerCrew(order);
    await Promise.all(Array.from({ length: count }, (_, place) => crew.#fill(place)));
    return crew;
  }

  /** Ends one and starts its successor at the same time; how it ended, and how long that took. */
  async replace(
    place: number,
    how: 'drain' | 'kill',
  ): Promise<{ name: string; end: number | NodeJS.Signals; tookMs: number }> {
    const { name, process } = this.#members[place]!;
    this.#members[place] = undefined;
    const startedMs = performance.now();
    process.signal(how === 'drain' ? 'SIGTERM' : 'SIGKILL');
    const [end, tookMs] = await Promise.all([
      process.exited,
      process.exited.then(() => performance.now() - startedMs),
      this.#fill(place),
    ]);
    return { name, end, tookMs };
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.allSettled(this.#replacing);
    await Promise.all(this.#members.splice(0).map((member) => member?.process.kill()));
  }

  async #fill(place: number): Promise<void> {
    const name = `worker-${place}-${++this.#started}`;
    const process = await this.#startPatiently(name);
    if (!process) return;
    const member = { name, process };
    if (this.#stopped) return process.kill();
    this.#members[place] = member;
    void process.exited.then((end) => this.#ended(place, member, end));
  }

  /** A worker that cannot start, because the database is away, is started again. */
  async #startPatiently(name: string): Promise<WorkerProcess | undefined> {
    while (!this.#stopped) {
      const process = await startWorkerProcess({ ...this.#order, name }).catch(() => undefined);
      if (process) return process;
    }
    return undefined;
  }

  #ended(place: number, member: Member, end: number | NodeJS.Signals): void {
    if (this.#stopped || this.#members[place] !== member) return;
    this.#members[place] = undefined;
    this.deaths.push(`${member.name} ended with ${end}`);
    const replacing = this.#fill(place).finally(() => this.#replacing.delete(replacing));
    this.#replacing.add(replacing);
  }
}
