import type { QueryClient } from '@tanstack/react-query';
import type { OperationId, RunProgressObject } from '#contract';
import { affectedBy } from './affected.ts';
import type { LiveNews } from './event-stream.ts';
import { type Connection, keepLine } from './line.ts';
import { type LiveRun, nextLiveRun } from './live-run.ts';
import { Pace } from './pace.ts';

/** Of the browser: one tab has the line, and the others hear what it hears. */
const NAME = 'waybill.live';
const POLL_EVERY_MS = 5_000;
const MOST_RUNS = 500;

type Word = { kind: 'news'; news: LiveNews } | { kind: 'turn'; connection: Connection } | { kind: 'who' };

export interface ConnectionState {
  connection: Connection;
  /** When the api was last heard of: what is shown is at least as old. */
  heardAt: Date;
}

/** What this tab knows of what happens: told by its own line, or by the tab that has it. */
export class LiveHub {
  readonly #client: QueryClient;
  readonly #pace = new Pace(() => this.#flush());
  readonly #listeners = new Set<() => void>();
  readonly #end = new AbortController();
  readonly #channel: BroadcastChannel | undefined;
  #state: ConnectionState = { connection: 'live', heardAt: new Date() };
  #hasLine = false;
  #poll: ReturnType<typeof setInterval> | undefined;
  /** Since the last flush. */
  #affected = new Set<OperationId>();
  #everything = false;
  #progress = new Map<string, RunProgressObject>();
  #runs: ReadonlyMap<string, LiveRun> = new Map();

  constructor(client: QueryClient) {
    this.#client = client;
    this.#channel = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel(NAME);
    this.#channel?.addEventListener('message', ({ data }: MessageEvent<Word>) => this.#heed(data));
    this.#channel?.postMessage({ kind: 'who' } satisfies Word);
    document.addEventListener('visibilitychange', this.#look);
    void this.#takeLine();
  }

  close(): void {
    this.#end.abort();
    this.#channel?.close();
    this.#pace.stop();
    clearInterval(this.#poll);
    document.removeEventListener('visibilitychange', this.#look);
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Another map each time something in it is different. */
  get runs(): ReadonlyMap<string, LiveRun> {
    return this.#runs;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  /** The next tab gets the line when this one goes. Over plain HTTP the browser has no locks: each tab has its own then. */
  async #takeLine(): Promise<void> {
    const { signal } = this.#end;
    const keep = () => {
      this.#hasLine = true;
      return keepLine(
        {
          hear: (news) => this.#say({ kind: 'news', news }),
          turn: (connection) => this.#say({ kind: 'turn', connection }),
        },
        signal,
      );
    };
    if (!navigator.locks) return keep();
    // Given up before it was its turn: that is what close is for.
    await navigator.locks.request(NAME, { signal }, keep).catch(() => undefined);
  }

  #say(word: Word): void {
    this.#heed(word);
    if (navigator.locks) this.#channel?.postMessage(word);
  }

  #heed(word: Word): void {
    if (word.kind === 'news') this.#hear(word.news);
    else if (word.kind === 'turn') this.#turn(word.connection);
    else if (this.#hasLine)
      this.#channel?.postMessage({ kind: 'turn', connection: this.#state.connection } satisfies Word);
  }

  #turn(connection: Connection): void {
    const before = this.#state;
    const heardAt = connection === 'offline' ? before.heardAt : new Date();
    if (connection === before.connection) {
      // Nobody has to look again for that.
      before.heardAt = heardAt;
      return;
    }
    this.#state = { connection, heardAt };
    clearInterval(this.#poll);
    this.#poll = undefined;
    if (connection === 'polling') {
      this.#poll = setInterval(() => this.#readAll(), POLL_EVERY_MS);
      this.#readAll();
    }
    this.#tell();
  }

  #hear({ changes, progress, reset }: LiveNews): void {
    this.#state.heardAt = new Date();
    for (const change of changes) for (const operation of affectedBy(change)) this.#affected.add(operation);
    for (const told of progress) this.#progress.set(told.runId, told);
    if (reset) this.#everything = true;
    if (changes.length > 0 || progress.length > 0 || reset) this.#pace.ask();
  }

  #readAll(): void {
    this.#everything = true;
    this.#pace.ask();
  }

  /** What nobody sees is read when it is looked at again. */
  #look = (): void => {
    if (!document.hidden && (this.#everything || this.#affected.size > 0 || this.#progress.size > 0))
      this.#pace.ask();
  };

  async #flush(): Promise<void> {
    if (document.hidden) return;
    const [affected, everything, progress] = [this.#affected, this.#everything, this.#progress];
    [this.#affected, this.#everything, this.#progress] = [new Set(), false, new Map()];
    if (progress.size > 0) {
      this.#runs = withProgress(this.#runs, progress);
      this.#tell();
    }
    if (!everything && affected.size === 0) return;
    await this.#client.invalidateQueries({
      predicate: ({ queryKey: [name], state }) => {
        // Long lists look after themselves once they have begun.
        if (name === 'pages') return everything && state.data === undefined;
        // What a form began with stays what it began with.
        return everything ? name !== 'getMe' && name !== 'form' : affected.has(name as OperationId);
      },
    });
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

function withProgress(
  before: ReadonlyMap<string, LiveRun>,
  told: ReadonlyMap<string, RunProgressObject>,
): ReadonlyMap<string, LiveRun> {
  const runs = new Map(before);
  for (const [runId, progress] of told) {
    const next = nextLiveRun(runs.get(runId), progress);
    // Those heard of last stand last.
    runs.delete(runId);
    runs.set(runId, next);
  }
  for (const runId of runs.keys()) {
    if (runs.size <= MOST_RUNS) break;
    runs.delete(runId);
  }
  return runs;
}
