import { type ClaimedTransfer } from '#audit';
import type { LedgerTransfer, MemoryLedger } from '#audit/testing';
import { meetsAssurance, type TransferDecision } from '#domain';
import { directoryOf, type FileChange, type MemoryFile, type MemoryFiles } from '#protocol/testing';
import { isTemporaryName } from '../../libs/transfer/src/paths.ts';
import type { Setting } from './scenario.ts';
import type { ModelWorker } from './worker.ts';

/** One content that the partner or a program of ours once put at the source. */
export interface Version {
  path: string;
  bytes: Buffer;
  modified: string;
  /** How often it appeared under a final name, and how often it may: a person, or the route, can ask for it again. */
  published: number;
  permitted: number;
  /** Somebody took or replaced it at the destination. */
  taken: boolean;
  /** A person has vouched for it. */
  vouched: boolean;
}

/**
 * Watches both disks and the ledger, and knows what no worker knows: what really happened. Whatever is promised about
 * delivery and is not so becomes a sentence in `broken`.
 */
export class Checker {
  readonly broken: string[] = [];
  readonly versions: Version[] = [];
  readonly #setting: Setting;
  readonly #ledger: MemoryLedger;
  readonly #destination: MemoryFiles;
  readonly #workers = new Map<string, ModelWorker>();
  /** The version that a session saw when it last looked at a path of the source. */
  readonly #seen = new Map<string, Version | undefined>();
  readonly #intents = new Set<string>();
  readonly #fences = new Map<string, number>();
  readonly #publishedAt = new Map<string, number>();
  readonly #appearedAt = new Map<string, number>();
  /** A person gave it up, or had it sent again: what becomes of that is another story. */
  readonly #askedAgain = new Set<string>();
  readonly #lies = new Map<string, string>();
  #moment = 0;

  readonly #nowMs: () => number;

  constructor(setting: Setting, ledger: MemoryLedger, destination: MemoryFiles, nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#setting = setting;
    this.#ledger = ledger;
    this.#destination = destination;
  }

  knowSession(id: string, worker: ModelWorker): void {
    this.#workers.set(id, worker);
  }

  put(path: string, file: MemoryFile): void {
    this.versions.push({
      path,
      bytes: file.bytes,
      modified: file.modified,
      published: 0,
      permitted: 1,
      taken: false,
      vouched: false,
    });
  }

  versionOf({ version }: Pick<LedgerTransfer, 'version'>): Version {
    return this.versions.find(
      ({ path, modified }) => path === version.path && modified === version.modified,
    )!;
  }

  intended({ claim }: ClaimedTransfer): void {
    this.#intents.add(`${claim.transferId} ${claim.fence}`);
  }

  decided(row: LedgerTransfer, decision: TransferDecision): void {
    const version = this.versionOf(row);
    if (decision === 'delivered') version.vouched = true;
    else version.permitted += 1;
    if (decision !== 'delivered') this.#askedAgain.add(row.id);
  }

  /** The server confirmed this rename and did nothing. */
  lied({ claim, destinationPath }: ClaimedTransfer): void {
    this.#lies.set(claim.transferId, destinationPath);
  }

  /**
   * Known gap: somebody put a file of the same size under that name at the same moment. Only a second look would find out, which
   * is spent where the source goes.
   */
  #isTakenIn(row: LedgerTransfer): boolean {
    const path = this.#lies.get(row.id);
    if (path === undefined || this.#setting.onExisting === 'overwrite' || this.#setting.dispose !== 'keep')
      return false;
    return this.#destination.get(path)?.bytes.length === Number(row.version.sizeBytes);
  }

  /** The partner did something with a delivered file: from now on its absence proves nothing. */
  disturbed(bytes: Buffer): void {
    const version = this.versions.find((known) => known.bytes.equals(bytes));
    if (!version || version.published === 0) return;
    version.taken = true;
    const open = this.#ledger.transfers.some(
      (row) => this.versionOf(row) === version && !row.delivered && row.state !== 'suppressed',
    );
    if (open && this.#setting.onAmbiguous === 'resend') version.permitted += 1;
  }

  /** A session looked at the source; it is answered with this. */
  looked(session: string, path: string, file: MemoryFile | undefined): void {
    this.#seen.set(`${session} ${path}`, file && this.#versionAt(path, file));
  }

  #versionAt(path: string, file: MemoryFile): Version | undefined {
    return this.versions.find((known) => known.path === path && known.modified === file.modified);
  }

  sourceChanged(change: FileChange): void {
    const worker = this.#workers.get(change.by);
    if (!worker || change.kind !== 'gone' || !change.path.startsWith('/out/')) return;
    const row = this.#rowOf(worker);
    const ordered = this.versionOf(row);
    const gone = this.#versionAt(change.path, change.file);
    if (gone !== ordered) {
      // FTP has no "delete if it is still that one": between the look and the command the partner may replace the file.
      // Nobody can see that; but it must not happen with a look that is older than the lease.
      if (this.#seen.get(`${change.by} ${change.path}`) !== ordered || !worker.holdsLease(this.#nowMs()))
        this.#say(
          `${worker.name} removed ${change.path} (${gone?.modified}), told to move ${ordered.modified}`,
        );
      return;
    }
    if (!row.delivered) this.#say(`${worker.name} removed ${change.path} before its delivery was committed`);
    if (ordered.vouched) return;
    if (ordered.published === 0)
      this.#say(`source gone and target absent: ${change.path} was never published`);
    else if (!ordered.taken && !this.#isAtDestination(ordered))
      this.#say(`source gone and target absent: ${change.path} is not at the destination any more`);
  }

  #isAtDestination(version: Version): boolean {
    return this.#destination.paths.some(
      (path) => isFinal(path) && this.#destination.get(path)!.bytes.equals(version.bytes),
    );
  }

  destinationChanged(change: FileChange): void {
    const worker = this.#workers.get(change.by);
    if (!worker) return;
    if (change.kind === 'written') this.#checkHidden(change.file, worker);
    else if (!isFinal(change.path)) {
      if (change.kind === 'appeared') this.#appearedAt.set(change.path, this.#moment);
    } else if (change.kind === 'appeared') this.#checkPublished(change.path, change.file, worker);
    else {
      if (this.#setting.onExisting !== 'overwrite' && this.#setting.destination === 'local')
        this.#say(`${worker.name} removed ${change.path} from the destination`);
      this.disturbed(change.file.bytes);
    }
  }

  #checkHidden(file: MemoryFile, worker: ModelWorker): void {
    const visible = this.#destination.paths.filter(
      (path) => isFinal(path) && this.#destination.get(path) === file,
    );
    for (const path of visible) {
      if (!this.versions.some(({ bytes }) => bytes.equals(file.bytes)))
        this.#say(`${worker.name} wrote into ${path}, which is visible: it has ${file.bytes} now`);
    }
  }

  #checkPublished(path: string, file: MemoryFile, worker: ModelWorker): void {
    const row = this.#rowOf(worker);
    const { fence } = worker.claimed!.claim;
    const version = this.versionOf(row);
    version.published += 1;
    this.#publishedAt.set(row.id, this.#moment);
    if (!file.bytes.equals(version.bytes))
      this.#say(`partial or mixed file at ${path}: ${file.bytes} instead of ${version.bytes}`);
    if (version.published > version.permitted)
      this.#say(
        `${version.path} ${version.modified} was published ${version.published} times, now by ${worker.name}`,
      );
    if (!this.#intents.has(`${row.id} ${fence}`))
      this.#say(`${worker.name} published ${path} without an intent`);
    if (!meetsAssurance(row.assurance ?? 'none', this.#setting.minimum))
      this.#say(`${path} was published with ${row.assurance}, below ${this.#setting.minimum}`);
  }

  #rowOf(worker: ModelWorker): LedgerTransfer {
    return this.#ledger.transfer(worker.claimed!.claim.transferId);
  }

  /** After each step. */
  checkLedger(): void {
    this.#moment += 1;
    for (const row of this.#ledger.transfers) {
      const before = this.#fences.get(row.id) ?? 0;
      if (row.fence < before) this.#say(`fence of ${row.id} fell from ${before} to ${row.fence}`);
      this.#fences.set(row.id, row.fence);
      const version = this.versionOf(row);
      if (row.delivered && version.published === 0 && this.#isTakenIn(row)) version.vouched = true;
      if (row.delivered && version.published === 0 && !version.vouched)
        this.#say(`${row.version.path} ${row.version.modified} is called delivered, and never was`);
      if (row.state === 'delivered' && !row.delivered) this.#say(`${row.id} is delivered without a delivery`);
      const failed = row.state === 'failed' || row.state === 'cancelled';
      // Where the route says that what was taken is sent again, a failure speaks of that.
      const again = this.#setting.onAmbiguous === 'resend' && version.taken;
      if (failed && this.#publishedAt.has(row.id) && !this.#askedAgain.has(row.id) && !again)
        this.#say(`${row.version.path} is called ${row.state}, and was published`);
    }
  }

  /** When nothing goes wrong any more and everybody had time. */
  checkEnd(disturbedFences: ReadonlySet<string>): void {
    const settled = ['delivered', 'suppressed', 'held', 'failed', 'cancelled'];
    for (const row of this.#ledger.transfers) {
      if (!settled.includes(row.state)) this.#say(`${row.version.path} is ${row.state} in the end`);
      if (['held', 'failed'].includes(row.state) && row.errorCode === null)
        this.#say(`${row.version.path} is ${row.state} without a reason`);
    }
    for (const path of this.#destination.paths) if (!isFinal(path)) this.#checkLitter(path, disturbedFences);
  }

  /** What a dead or late worker writes after everybody else has done, and what waits for a person, stays. */
  #checkLitter(path: string, disturbedFences: ReadonlySet<string>): void {
    const [, id, fence] = /\.waybill-(.{36})-(\d+)\.part$/.exec(path)!;
    const row = this.#ledger.transfer(id!);
    if (row.state === 'held') return;
    const publishedAt = this.#publishedAt.get(row.id) ?? -1;
    const late = (this.#appearedAt.get(path) ?? 0) >= publishedAt;
    if (late && disturbedFences.has(`${id} ${fence}`)) return;
    this.#say(`${path} was left behind (transfer ${row.state}, fence ${row.fence})`);
  }

  #say(sentence: string): void {
    this.broken.push(sentence);
  }
}

function isFinal(path: string): boolean {
  return !isTemporaryName(path.slice(directoryOf(path).length).replace('/', ''));
}
