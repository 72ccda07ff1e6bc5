import { type ClaimedTransfer } from '#audit';
import { MemoryLedger } from '#audit/testing';
import type { RetryPolicy } from '#domain';
import { type Capabilities } from '#protocol';
import { type Fate, type MemoryEndpoint, MemoryFiles } from '#protocol/testing';
import { Checker } from './checker.ts';
import { canHit, isAt, isDisposing, isFinalTarget, isOfTheSource } from './gates.ts';
import { type LaneWork, moveNext } from './lane.ts';
import { type EndpointKind, FILES, type Scenario, type Setting, type Step, WORKERS } from './scenario.ts';
import { LEASE_MS, ModelWorker } from './worker.ts';

const RETRY: RetryPolicy = { maxAttempts: 4, firstDelayMs: 10_000, factor: 2, maxDelayMs: 60_000, jitter: 0 };
const CHUNK_BYTES = 8;
/** Enough for every retry, take-over and decision that is still due. */
const LAST_ROUNDS = 40;
const PERSON = { kind: 'user', name: 'person' } as const;

export class Broken extends Error {
  override name = 'Broken';
}

/** Two disks, a ledger, a clock and some workers; everything happens because a step says so. */
export class World {
  readonly ledger: MemoryLedger;
  readonly checker: Checker;
  readonly #setting: Setting;
  readonly #source = new MemoryFiles();
  readonly #destination = new MemoryFiles();
  readonly #endpoints: { source: MemoryEndpoint; destination: MemoryEndpoint };
  readonly #workers: (ModelWorker | undefined)[] = [];
  /** Killed while a request of theirs was under way, which may still arrive. */
  readonly #orphans: ModelWorker[] = [];
  readonly #disturbedFences = new Set<string>();
  #nowMs = 1_000_000;
  #puts = 0;
  #hires = 0;

  constructor(setting: Setting, Ledger: typeof MemoryLedger = MemoryLedger) {
    this.#setting = setting;
    this.ledger = new Ledger(() => this.#nowMs);
    this.checker = new Checker(setting, this.ledger, this.#destination, () => this.#nowMs);
    this.#endpoints = {
      source: endpoint('source', this.#source, setting.source),
      destination: endpoint('destination', this.#destination, setting.destination),
    };
    this.#source.makeDirectory('/out');
    this.#destination.makeDirectory('/in');
    this.#source.watch = (change) => this.checker.sourceChanged(change);
    this.#destination.watch = (change) => this.checker.destinationChanged(change);
  }

  async do(step: Step): Promise<void> {
    await this.#act(step);
    this.#check();
  }

  #check(): void {
    this.checker.checkLedger();
    if (this.checker.broken.length > 0) throw new Broken(this.checker.broken.join('\n'));
  }

  async #act(step: Step): Promise<void> {
    switch (step.do) {
      case 'put':
        return this.#put(step.file, step.chunks, step.inPlace);
      case 'vanish':
        return void this.#source.remove(sourcePath(step.file), 'partner');
      case 'consume':
        return this.#consume(targetPath(step.file));
      case 'occupy':
        this.#consume(targetPath(step.file));
        if (this.#destination.get(targetPath(step.file))) return;
        return void this.#destination.place(targetPath(step.file), Buffer.from('not ours'), 'partner');
      case 'list':
        return this.#list();
      case 'work':
        return this.#work(step);
      case 'kill':
        return this.#kill(step.worker, step.sent);
      case 'freeze':
        return this.#freeze(step.worker);
      case 'wake':
        return this.#wake(step.worker);
      case 'arrive':
        return this.#orphans.shift()?.release('served');
      case 'advance':
        return this.#advance(step.seconds, step.outage);
      case 'disk':
        this.#destination.full = step.full;
        return;
      case 'pause':
        return this.ledger.pauseRoute('route');
      case 'resume':
        return this.ledger.resumeRoute('route');
      case 'cancel': {
        const run = this.ledger.runIds.at(-1);
        return run === undefined ? undefined : void (await this.ledger.cancelRun(run, PERSON, 'a test'));
      }
      case 'rerun': {
        const run = this.ledger.runIds.findLast((id) => this.ledger.stateOfRun(id) === 'failed');
        return run === undefined ? undefined : void this.ledger.rerunRun(run);
      }
      case 'resolve':
        return this.#resolve(step);
    }
  }

  #put(file: number, chunks: number, inPlace: boolean): void {
    const path = sourcePath(file);
    const number = String(++this.#puts).padStart(2, '0');
    const bytes = Buffer.from(
      Array.from({ length: chunks }, (_, chunk) => `v${number}c${chunk}..\n`).join(''),
    );
    if (inPlace) this.#source.overwrite(path, bytes, 'partner');
    else this.#source.place(path, bytes, 'partner');
    this.checker.put(path, this.#source.get(path)!);
  }

  /** Not in the instant in which a file of a local directory has both names: see the README's gaps. */
  #consume(path: string): void {
    const file = this.#destination.get(path);
    const names = this.#destination.paths.filter((other) => this.#destination.get(other) === file);
    if (!file || names.length > 1) return;
    this.#destination.remove(path, 'partner');
    this.checker.disturbed(file.bytes);
  }

  async #list(): Promise<void> {
    const run = this.ledger.addRun({
      name: 'route',
      lanes: WORKERS,
      retry: RETRY,
      afterDelivery: { source: this.#setting.dispose },
    });
    const claim = await this.ledger.claimPlanning(run, 'planner', LEASE_MS);
    if (!claim) return;
    const files = Array.from({ length: FILES }, (_, file) => file).flatMap((file) => {
      const found = this.#source.get(sourcePath(file));
      if (!found) return [];
      const version = {
        path: sourcePath(file),
        sizeBytes: BigInt(found.bytes.length),
        modified: found.modified,
      };
      return [{ version, destinationPath: targetPath(file) }];
    });
    await this.ledger.recordPlan(claim, files);
  }

  /** The slot's worker; a dead one is replaced. */
  #worker(slot: number): ModelWorker {
    const there = this.#workers[slot];
    if (there && !there.dead) return there;
    const hired = new ModelWorker(`worker-${++this.#hires}`, this.#endpoints, (session, worker) =>
      this.checker.knowSession(session.id, worker),
    );
    this.#workers[slot] = hired;
    return hired;
  }

  #laneWork(worker: ModelWorker): LaneWork {
    return {
      worker,
      ledger: this.ledger,
      setting: this.#setting,
      retry: RETRY,
      checker: this.checker,
      nowMs: () => this.#nowMs,
      claimNext: () => this.#claimNext(worker),
    };
  }

  async #claimNext(worker: ModelWorker): Promise<ClaimedTransfer | undefined> {
    for (const run of this.ledger.runIds) {
      const claimed = await this.ledger.claimTransfer(run, worker.name, LEASE_MS);
      if (claimed) return claimed;
    }
    return undefined;
  }

  async #work({ worker: slot, to, times, trouble, early }: Extract<Step, { do: 'work' }>): Promise<void> {
    const worker = this.#worker(slot);
    if (worker.frozen) return;
    worker.commitsEarly = early;
    if (!worker.busy) await worker.start(() => moveNext(this.#laneWork(worker)));
    let left = times;
    for (let gate = worker.gate; gate && left > 0; gate = worker.gate) {
      await this.#release(worker, 'served');
      if (worker.gate && isAt(worker.gate, to)) left -= 1;
    }
    if (trouble === 'none') return;
    while (worker.gate && !canHit(worker.gate, trouble)) await this.#release(worker, 'served');
    const gate = worker.gate;
    if (!gate) return;
    this.#disturb(worker);
    if (trouble === 'pretended' && isFinalTarget(gate.operation?.to)) this.checker.lied(worker.claimed!);
    await this.#release(worker, trouble === 'taken' ? 'served' : trouble);
    if (trouble === 'taken') this.#consume(gate.operation!.to!);
  }

  async #release(worker: ModelWorker, fate: Fate): Promise<void> {
    const { gate } = worker;
    // The answer to a look was made when the request arrived.
    if (
      gate?.stage === 'request' &&
      gate.operation?.verb === 'stat' &&
      gate.operation.session.endpoint === 'source'
    )
      this.checker.looked(
        gate.operation.session.id,
        gate.operation.path,
        this.#source.get(gate.operation.path),
      );
    await worker.release(fate);
    if (this.checker.broken.length > 0) this.#check();
  }

  #disturb(worker: ModelWorker): void {
    if (worker.claimed)
      this.#disturbedFences.add(`${worker.claimed.claim.transferId} ${worker.claimed.claim.fence}`);
  }

  async #kill(slot: number, sent: boolean): Promise<void> {
    const worker = this.#workers[slot];
    if (!worker || worker.dead) return;
    this.#disturb(worker);
    worker.dead = true;
    if (!sent) return;
    worker.commitQueue('served');
    if (worker.gate?.stage !== 'request') return;
    if (isOfTheSource(worker.gate)) await this.#release(worker, 'served');
    else this.#orphans.push(worker);
  }

  /**
   * What was sent to the source arrives before much time passes, and a rename made of several commands is not cut in two by
   * it: against that neither FTP nor a file system has anything to offer.
   */
  async #endDisposal(worker: ModelWorker): Promise<void> {
    while (worker.gate && isDisposing(worker.gate)) await this.#release(worker, 'served');
  }

  /** It sleeps after what it has sent has arrived, or so long that its request is late by all that time. */
  async #freeze(slot: number): Promise<void> {
    const worker = this.#workers[slot];
    if (!worker?.gate || worker.dead || worker.frozen) return;
    await this.#endDisposal(worker);
    worker.frozen = true;
  }

  #wake(slot: number): void {
    const worker = this.#workers[slot];
    if (worker && !worker.dead) worker.frozen = false;
  }

  /** Workers that are awake renew their leases all the time; the others do not. */
  async #advance(seconds: number, outage: boolean): Promise<void> {
    for (const worker of this.#workers) if (worker && !worker.dead) await this.#endDisposal(worker);
    for (let left = seconds * 1000; left > 0; left -= LEASE_MS / 3) {
      this.#nowMs += Math.min(left, LEASE_MS / 3);
      for (const worker of this.#workers) {
        if (!worker?.claimed || worker.dead || worker.frozen) continue;
        if (outage) {
          if (worker.giveUpWhenOverdue(this.#nowMs)) this.#disturb(worker);
          continue;
        }
        const kept = (await this.ledger.renewClaims([worker.claimed.claim], LEASE_MS)).get(
          worker.claimed.claim.transferId,
        );
        if (kept === 'kept') worker.renewedAtMs = this.#nowMs;
        else this.#disturb(worker);
        if (kept === undefined) worker.lose();
        else if (kept === 'cancelled') worker.cancel();
      }
    }
  }

  #resolve({ decision }: Extract<Step, { do: 'resolve' }>): void {
    const row = this.ledger.transfers.find(({ state }) => state === 'held');
    if (!row) return;
    const wasDelivered = row.delivered;
    try {
      this.ledger.resolveTransfer(row.id, { decision });
    } catch {
      return;
    }
    if (!wasDelivered) this.checker.decided(row, decision);
  }

  /** Faults stop, everybody has time. */
  async comeToRest(): Promise<void> {
    this.ledger.resumeRoute('route');
    this.#destination.full = false;
    for (let slot = 0; slot < WORKERS; slot++) {
      if (this.#setting.frozen === 'die' && this.#workers[slot]?.frozen) await this.#kill(slot, false);
      else this.#wake(slot);
    }
    for (const orphan of this.#orphans.splice(0)) await this.#release(orphan, 'served');
    for (let round = 0; round < LAST_ROUNDS; round++) {
      for (let slot = 0; slot < WORKERS; slot++) await this.#finish(slot);
      // The sweep rings a lane, which ends with this.
      for (const run of this.ledger.runIds) await this.ledger.settleRun(run);
      if (this.#isSettled()) break;
      await this.#advance(70, false);
    }
    this.#check();
    this.checker.checkEnd(this.#disturbedFences);
    this.#check();
  }

  #isSettled(): boolean {
    return this.ledger.transfers.every(({ state }) =>
      ['delivered', 'suppressed', 'held', 'failed', 'cancelled'].includes(state),
    );
  }

  async #finish(slot: number): Promise<void> {
    const worker = this.#worker(slot);
    if (!worker.busy) await worker.start(() => moveNext(this.#laneWork(worker)));
    while (worker.gate) await this.#release(worker, 'served');
  }
}

function sourcePath(file: number): string {
  return `/out/file-${file}.csv`;
}

function targetPath(file: number): string {
  return `/in/file-${file}.csv`;
}

function endpoint(name: string, files: MemoryFiles, kind: EndpointKind): MemoryEndpoint {
  const local = kind === 'local';
  const capabilities: Capabilities = {
    renameNoReplace: local,
    hashes: kind === 'hashing' ? ['sha256'] : [],
    resume: true,
    local,
    convertsText: false,
    strongestAssurance: kind === 'hashing' ? 'hash_by_server' : 'read_back',
  };
  return { name, files, capabilities, chunkBytes: CHUNK_BYTES };
}

/** Throws `Broken` when a promise about delivery does not hold at some moment, or in the end. */
export async function play({ setting, steps }: Scenario, Ledger?: typeof MemoryLedger): Promise<void> {
  const world = new World(setting, Ledger);
  for (const step of steps) await world.do(step);
  await world.comeToRest();
}
