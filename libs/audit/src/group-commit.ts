import { type SqlTx, type Store, StoreUnavailable } from '#store';

/** What became of one submission of a committed group. */
export type Answer<R> = { value: R } | { refused: unknown };

/**
 * One kind of record that many lanes write: `record` gets all that were submitted meanwhile and answers each, in order.
 * A refusal (a lease that was lost) is the answer to one of them; throwing undoes the whole group.
 */
export interface RecordKind<T, R> {
  /** Within a transaction the first statements of the kinds run in this order. */
  rank: number;
  /** Asks for its first statement before it waits for anything. */
  record(tx: SqlTx, entries: readonly T[]): Promise<Answer<R>[]>;
}

interface Submission {
  kind: RecordKind<unknown, unknown>;
  entry: unknown;
  resolve(value: unknown): void;
  reject(reason: unknown): void;
}

/**
 * For what nobody waits for: it goes along with the next group, or after this. Longer than a small file takes between
 * its handshake and its intent, and all that a killed worker can leave untold of what others have seen of it.
 */
const PATIENCE_MS = 25;
/** A group waits this long for others: lanes that move small files come by every few milliseconds. */
const GATHERING_MS = 3;
/** Larger groups would only make the first of them wait for the last. */
const LARGEST_GROUP = 256;

/**
 * Commits what the lanes of one process submit in as few transactions as there is time for: while one is under way the
 * next one fills. A submission resolves when it is committed, so nothing runs ahead of its record; and the
 * submissions of one lane are committed in their order.
 */
export class GroupCommit {
  readonly #store: Store;
  #waiting: Submission[] = [];
  #working = false;
  #patience: NodeJS.Timeout | undefined;

  constructor(store: Store) {
    this.#store = store;
  }

  /** @param options patient: nothing waits for this now; it shares the next group, soon */
  submit<T, R>(kind: RecordKind<T, R>, entry: T, { patient = false } = {}): Promise<R> {
    return new Promise<R>((resolve, reject) => {
      this.#waiting.push({
        kind: kind as RecordKind<unknown, unknown>,
        entry,
        resolve: resolve as (value: unknown) => void,
        reject,
      });
      if (patient) this.#patience ??= setTimeout(() => this.hurry(), PATIENCE_MS);
      else this.hurry();
    });
  }

  /** Somebody waits for what was submitted patiently. */
  hurry(): void {
    clearTimeout(this.#patience);
    this.#patience = undefined;
    if (!this.#working && this.#waiting.length > 0) void this.#work();
  }

  async #work(): Promise<void> {
    this.#working = true;
    while (this.#waiting.length > 0) {
      await new Promise((resolve) => setTimeout(resolve, GATHERING_MS));
      const group = this.#waiting.splice(0, LARGEST_GROUP);
      await this.#commit(group);
    }
    this.#working = false;
  }

  /** One entry that the database refuses must not take the others with it: then each is tried alone. */
  async #commit(group: readonly Submission[]): Promise<void> {
    try {
      const answers = await this.#store.sqlTransaction((tx) => recordAll(tx, group));
      group.forEach((submission, index) => {
        const answer = answers[index]!;
        if ('refused' in answer) submission.reject(answer.refused);
        else submission.resolve(answer.value);
      });
    } catch (error) {
      // An unanswered commit may have happened: to repeat it would be to guess.
      if (group.length === 1 || error instanceof StoreUnavailable) {
        for (const submission of group) submission.reject(error);
        return;
      }
      for (const submission of group) await this.#commit([submission]);
    }
  }
}

async function recordAll(tx: SqlTx, group: readonly Submission[]): Promise<Answer<unknown>[]> {
  const answers = new Array<Answer<unknown>>(group.length);
  const kinds = [...new Set(group.map((submission) => submission.kind))].sort((a, b) => a.rank - b.rank);
  // Their first statements travel together, in this order.
  const ended = await Promise.allSettled(
    kinds.map(async (kind) => {
      const places = [...group.keys()].filter((index) => group[index]!.kind === kind);
      const entries = places.map((index) => group[index]!.entry);
      const recorded = await kind.record(tx, entries);
      places.forEach((place, index) => {
        answers[place] = recorded[index]!;
      });
    }),
  );
  // All have ended: nothing of them can come after the transaction. What one of them meets, the others hear of.
  const failures = ended.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []));
  if (failures.length > 0) throw failures.find((failure) => !isEcho(failure)) ?? failures[0];
  return answers;
}

/** What PostgreSQL says to every statement after the one that failed. */
function isEcho(failure: unknown): boolean {
  return (failure as { code?: unknown } | undefined)?.code === '25P02';
}
