import { MOST_UNDER_WAY } from '#contract';
import {
  findRunsWithin,
  findTransfersWithin,
  type RunProgress,
  readProgress,
  readUnderWay,
  type Scope,
  type Store,
  type UnderWay,
} from '#store';

/** A run that moves a thousand files a minute is told of about once a second; looks come every half. */
const TELL_EVERY_MS = 900;
const RUNS_TOLD_AT_ONCE = 100;

/** How far a run has come, and which files of it move at this moment. */
export interface RunPicture extends RunProgress {
  underWay: UnderWay[];
}

export interface BoardListener {
  readonly scope: Scope;
  wantsProgressOf(runId: string): boolean;
  hearProgress(picture: RunPicture): void;
}

interface Told {
  counted: RunProgress;
  /** Of its files, as they were told. */
  moments: string;
}

class BoardState {
  /** Runs in which something happened since they were counted. */
  readonly moved = new Set<string>();
  readonly toldAtMs = new Map<string, number>();
  /** Of runs with files under way: nothing has happened in them since they were counted. */
  readonly told = new Map<string, Told>();
  lookedAtMs = Number.NEGATIVE_INFINITY;
}

/**
 * What all streams of this process are told of how far runs have come. The files under way are one short statement a second,
 * however many listen; a run is counted only when something has happened in it, not for each second of a large file.
 */
export class ProgressBoard {
  readonly #store: Store;
  #state = new BoardState();

  constructor(store: Store) {
    this.#store = store;
  }

  /** Something happened in it. */
  note(runId: string): void {
    this.#state.moved.add(runId);
  }

  /** Nobody listens any more: what happens from now on is not noted. */
  forget(): void {
    this.#state = new BoardState();
  }

  async tell(listeners: ReadonlySet<BoardListener>): Promise<void> {
    const state = this.#state;
    const now = performance.now();
    const isWanted = (runId: string) => [...listeners].some((listener) => listener.wantsProgressOf(runId));
    for (const runId of [...state.moved, ...state.told.keys()]) {
      if (isWanted(runId)) continue;
      state.moved.delete(runId);
      state.told.delete(runId);
    }
    const toldAt = (runId: string) => state.toldAtMs.get(runId) ?? Number.NEGATIVE_INFINITY;
    const mayBeTold = (runId: string) => now - toldAt(runId) >= TELL_EVERY_MS;
    if (now - state.lookedAtMs < TELL_EVERY_MS && ![...state.moved].some(mayBeTold)) return;
    state.lookedAtMs = now;
    const found = await readUnderWay(this.#store.db, { mostOfRun: MOST_UNDER_WAY });
    const files = Map.groupBy(found, ({ runId }) => runId);
    // Also those whose last file is gone from here without an event: its worker fell silent.
    const due = [...new Set([...state.moved, ...files.keys(), ...state.told.keys()])]
      .filter((runId) => mayBeTold(runId) && isWanted(runId))
      .filter((id) => state.moved.has(id) || state.told.get(id)?.moments !== momentsOf(files.get(id)))
      .sort((one, other) => toldAt(one) - toldAt(other))
      .slice(0, RUNS_TOLD_AT_ONCE);
    for (const runId of state.toldAtMs.keys()) if (mayBeTold(runId)) state.toldAtMs.delete(runId);
    if (due.length === 0) return;
    const pictures = await this.#picturesOf(state, due, files);
    await this.#show(listeners, pictures);
    for (const { runId, underWay, ...counted } of pictures) {
      state.moved.delete(runId);
      state.toldAtMs.set(runId, now);
      if (underWay.length === 0) state.told.delete(runId);
      else state.told.set(runId, { counted: { runId, ...counted }, moments: momentsOf(underWay) });
    }
  }

  async #picturesOf(
    state: BoardState,
    runIds: readonly string[],
    files: ReadonlyMap<string, UnderWay[]>,
  ): Promise<RunPicture[]> {
    const isKnown = (id: string) => state.told.has(id) && !state.moved.has(id);
    const known = runIds.filter(isKnown).map((id) => state.told.get(id)!.counted);
    const counted = await readProgress(
      this.#store.db,
      runIds.filter((id) => !isKnown(id)),
    );
    return [...known, ...counted].map((each) => ({ ...each, underWay: files.get(each.runId) ?? [] }));
  }

  async #show(listeners: ReadonlySet<BoardListener>, pictures: readonly RunPicture[]): Promise<void> {
    const within = onceForEachScope((scope) => picturesWithin(this.#store.db, scope, pictures));
    for (const listener of listeners)
      for (const picture of await within(listener.scope))
        if (listener.wantsProgressOf(picture.runId)) listener.hearProgress(picture);
  }
}

/** Where one run stands. */
export async function picturesOf(db: Store['db'], scope: Scope, runId: string): Promise<RunPicture[]> {
  const counted = await readProgress(db, [runId]);
  const underWay = await readUnderWay(db, { mostOfRun: MOST_UNDER_WAY, runId });
  return picturesWithin(
    db,
    scope,
    counted.map((each) => ({ ...each, underWay })),
  );
}

/** Files of a run that somebody may see can still be another's: those that were planned between other places. */
async function picturesWithin(
  db: Store['db'],
  scope: Scope,
  pictures: readonly RunPicture[],
): Promise<RunPicture[]> {
  const files = pictures.flatMap(({ underWay }) => underWay.map(({ transferId }) => transferId));
  const ids = pictures.map(({ runId }) => runId);
  const runs = await findRunsWithin(db, scope, ids);
  const transfers = await findTransfersWithin(db, scope, files);
  return pictures
    .filter(({ runId }) => runs.has(runId))
    .map((each) => ({
      ...each,
      underWay: each.underWay.filter(({ transferId }) => transfers.has(transferId)),
    }));
}

function momentsOf(files: readonly UnderWay[] = []): string {
  return files.map(({ transferId, at }) => `${transferId} ${at.getTime()}`).join();
}

/** A hundred clients with the same reach are one question. */
export function onceForEachScope<T>(ask: (scope: Scope) => Promise<T>): (scope: Scope) => Promise<T> {
  const answers = new Map<string, Promise<T>>();
  return ({ partners, routes }) => {
    const key = JSON.stringify([partners, routes]);
    const answer = answers.get(key) ?? ask({ partners, routes });
    answers.set(key, answer);
    return answer;
  };
}
