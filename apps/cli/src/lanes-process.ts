import { type ChildProcess, spawn } from 'node:child_process';
import { extname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { FromLanes, LanesOrder, LanesQuestion, ToLanes } from './lanes-protocol.ts';

/** The same program with the same flags; an inspector's port is taken by us. */
const PROGRAM = [
  ...process.execArgv.filter((flag) => !flag.startsWith('--inspect')),
  join(import.meta.dirname, `main${extname(import.meta.filename)}`),
  'lanes',
];
/** What it says that is no line of a log, such as why it does not start. */
const KEPT_WORDS = 20;
const ANSWER_DEADLINE_MS = 4_000;
const ENDED = 'they have ended';

export interface LanesEnd {
  /** The exit code or the signal. */
  how: number | NodeJS.Signals;
  /** Its last words, without those of its log. */
  words: string[];
}

/** One process of lanes, from its start to its end. */
export class LanesProcess {
  readonly #child: ChildProcess;
  readonly #prepared = Promise.withResolvers<void>();
  readonly #running = Promise.withResolvers<void>();
  readonly #questions = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #words: string[] = [];
  #asked = 0;
  #hasEnded = false;
  readonly ended: Promise<LanesEnd>;

  /** @param write takes each line of its log */
  constructor(order: LanesOrder, write: (line: string) => void, program: readonly string[] = PROGRAM) {
    this.#child = spawn(process.execPath, program, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    // None where this machine has no descriptor left for it; then there is an `error`.
    const lines = this.#child.stderr ? createInterface({ input: this.#child.stderr }) : undefined;
    lines?.on('line', (line) => {
      if (line.startsWith('{')) return write(`${line}\n`);
      this.#words.push(line);
      this.#words.splice(0, this.#words.length - KEPT_WORDS);
    });
    this.#child.on('message', (message: FromLanes) => this.#hear(message));
    this.ended = new Promise((resolve) => {
      // `close` comes after its last line, and not at all when it could not be started.
      this.#child.on('close', (code, signal) => resolve({ how: code ?? signal!, words: this.#words }));
      this.#child.on('error', (error) => {
        if (this.#child.pid === undefined) resolve({ how: 1, words: [error.message] });
      });
    });
    void this.ended.then(() => {
      this.#hasEnded = true;
      for (const { reject } of this.#questions.values()) reject(new Error(ENDED));
    });
    this.#tell({ say: 'prepare', order });
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Never resolves when it ends before. */
  get prepared(): Promise<void> {
    return this.#prepared.promise;
  }

  get running(): Promise<void> {
    return this.#running.promise;
  }

  begin(): void {
    this.#tell({ say: 'begin' });
  }

  drain(): void {
    this.#tell({ say: 'drain' });
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** Rejects when there is no answer in time, or none any more. */
  async ask(question: LanesQuestion, deadlineMs = ANSWER_DEADLINE_MS): Promise<unknown> {
    if (this.#hasEnded) throw new Error(ENDED);
    const id = ++this.#asked;
    const answer = Promise.withResolvers<unknown>();
    const sentence = `no answer for ${deadlineMs / 1_000} s`;
    const late = setTimeout(() => answer.reject(new Error(sentence)), deadlineMs);
    this.#questions.set(id, answer);
    this.#tell({ say: 'question', id, question });
    try {
      return await answer.promise;
    } finally {
      clearTimeout(late);
      this.#questions.delete(id);
    }
  }

  #tell(message: ToLanes): void {
    // To one that has ended there is nothing to say; its end is told by `ended`.
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  #hear(message: FromLanes): void {
    if (message.say === 'prepared') this.#prepared.resolve();
    else if (message.say === 'running') this.#running.resolve();
    else if ('problem' in message) this.#questions.get(message.id)?.reject(new Error(message.problem));
    else this.#questions.get(message.id)?.resolve(message.answer);
  }
}
