import type { TransferError } from '#domain';
import {
  clockSkew,
  hashMatches,
  readTrial,
  renameTrial,
  statedSize,
  trialContent,
  writeTrial,
} from './file-trials.ts';
import {
  judgeClock,
  judgeConfirmation,
  judgeHash,
  judgeRename,
  judgeReplace,
  judgeRestart,
  judgeWrite,
} from './judge-files.ts';
import { sentenceOf } from './judge-reach.ts';
import type { Litter } from './litter.ts';
import { type Judgement, type Notebook, warning } from './notebook.ts';
import { type PassiveCommand, TrialRoutes } from './trial-routes.ts';
import type { Visit } from './visit.ts';

/** A file of our own in the folder that the operator chose: written, looked at, read, renamed, replaced, removed. */
export class FileExamination {
  readonly #notebook: Notebook;
  readonly #visit: Visit;
  readonly #routes: TrialRoutes;
  readonly #folder: string;
  readonly #litter: Litter;

  constructor(notebook: Notebook, visit: Visit, command: PassiveCommand, folder: string, litter: Litter) {
    this.#notebook = notebook;
    this.#visit = visit;
    this.#routes = new TrialRoutes(visit, command);
    this.#folder = folder;
    this.#litter = litter;
  }

  async run(): Promise<void> {
    const content = trialContent();
    const path = this.#litter.announce();
    if (!(await this.#write(path, content))) return;
    await this.#step('hash', () => this.#hash(path, content));
    await this.#step('resume', () => this.#restart(path, content));
    const target = this.#litter.announce();
    const renamed = await this.#step('rename', () => this.#rename(path, target));
    if (renamed) await this.#step('replace', () => this.#replace(target));
    if (!this.#visit.broken)
      await this.#litter.sweep(this.#visit).catch((thrown) => this.#visit.takeStock(thrown));
  }

  async #write(path: string, content: Buffer): Promise<boolean> {
    const since = performance.now();
    try {
      const { confirmedEarly, at } = await writeTrial(
        this.#visit,
        this.#routes,
        path,
        content,
        this.#litter,
        { watch: true },
      );
      const skewMs = await clockSkew(this.#visit, path, at);
      const stated = await statedSize(this.#visit, path);
      const facts = { error: undefined, wrote: content.length, stated };
      await this.#notebook.write('write', judgeWrite(this.#folder, facts), since);
      await this.#notebook.write('confirmation', judgeConfirmation(confirmedEarly), performance.now());
      this.#notebook.profile.clockSkewMs = skewMs;
      await this.#notebook.write('clock', judgeClock(skewMs), performance.now());
      return true;
    } catch (thrown) {
      const error = this.#fromServer(thrown);
      const facts = { error, wrote: content.length, stated: null };
      await this.#notebook.write('write', judgeWrite(this.#folder, facts), since);
      return false;
    }
  }

  async #hash(path: string, content: Buffer): Promise<Judgement> {
    const announced = this.#notebook.profile.hashes;
    try {
      const sha256Matches = await hashMatches(this.#visit, path, content);
      return judgeHash({ announced, sha256Matches, tried: true, error: undefined });
    } catch (thrown) {
      return judgeHash({ announced, sha256Matches: null, tried: true, error: this.#fromServer(thrown) });
    }
  }

  async #restart(path: string, content: Buffer): Promise<Judgement> {
    const announced = this.#visit.features.has('REST');
    const half = content.length >> 1;
    const rest = await readTrial(this.#visit, this.#routes, path, half);
    const works = rest !== 'no_restart' && rest.equals(content.subarray(half));
    this.#notebook.profile.restart = works;
    return judgeRestart({ announced, works });
  }

  async #rename(path: string, target: string): Promise<Judgement> {
    this.#litter.doubt(path);
    const error = await renameTrial(this.#visit, path, target);
    if (error) {
      this.#litter.forget(target);
      this.#litter.exists(path);
    } else {
      this.#litter.exists(target);
      this.#litter.forget(path);
    }
    return judgeRename(error);
  }

  /** A second file, of another size, onto the name of the first. */
  async #replace(target: string): Promise<Judgement> {
    const content = trialContent(1024);
    const path = this.#litter.announce();
    await writeTrial(this.#visit, this.#routes, path, content, this.#litter);
    this.#litter.doubt(path);
    const refusal = await renameTrial(this.#visit, path, target);
    const size = await statedSize(this.#visit, target);
    const replaces = refusal ? false : size === null ? null : size === BigInt(content.length);
    if (refusal) this.#litter.exists(path);
    else this.#litter.forget(path);
    this.#notebook.profile.renameReplaces = replaces;
    return judgeReplace(replaces);
  }

  /** True when the step came to a judgement that lets others build on it. */
  async #step(name: string, act: () => Promise<Judgement>): Promise<boolean> {
    if (this.#visit.broken) return false;
    const since = performance.now();
    try {
      const judgement = await act();
      await this.#notebook.write(name, judgement, since);
      return judgement.outcome !== 'failed';
    } catch (thrown) {
      const error = this.#fromServer(thrown);
      await this.#notebook.write(name, warning(`This could not be examined. ${sentenceOf(error)}`), since);
      return false;
    }
  }

  /** Rethrows when we were told to stop. */
  #fromServer(thrown: unknown): TransferError {
    this.#visit.around.signal.throwIfAborted();
    return this.#visit.takeStock(thrown);
  }
}
