import { join, posix } from 'node:path';
import type { CheckedRoute, Findings, PlantedSource } from './findings.ts';
import { type DiskFile, looksTemporary, readDisk } from './read-disk.ts';
import type { RouteRow, Tables, TransferRow } from './read-tables.ts';

/** What the disks of one route hold now. */
interface Disks {
  source: Map<string, DiskFile>;
  destination: Map<string, DiskFile>;
  taken: Map<string, DiskFile>;
  archive: Map<string, DiskFile>;
}

/** A finished attempt at moving it, whatever came of it. */
const FAILED_STATES = ['failed', 'cancelled'];
const SETTLED_STATES = ['delivered', 'held', ...FAILED_STATES];

/** Clocks of disks tick every few milliseconds. */
const CLOCK_TOLERANCE_MS = 50;

/** The disks of one route against its planted files and its rows. */
export async function checkFiles(
  route: CheckedRoute,
  row: RouteRow,
  tables: Tables,
  /** Paths below any checked destination root that a row of any checked route accounts for. */
  accounted: ReadonlySet<string>,
  findings: Findings,
): Promise<void> {
  const { disposition } = route;
  const disks: Disks = {
    source: await readDisk(join(route.source.root, route.source.path)),
    destination: await readDisk(join(route.destination.root, route.destination.path)),
    taken: route.destination.takenTo ? await readDisk(route.destination.takenTo) : new Map(),
    archive:
      typeof disposition === 'object'
        ? await readDisk(join(route.source.root, disposition.archive))
        : new Map(),
  };
  const check = new RouteFiles(route, row, tables, disks, findings);
  for (const file of route.files) check.planted(file);
  check.unknownRows();
  check.atDestination(accounted);
  check.leftovers();
  check.deliveredOnce();
}

/** Where the rows of a route say that its files are. */
export function accountedPaths(route: CheckedRoute, row: RouteRow, tables: Tables): string[] {
  return tables.transfers
    .filter(({ routeId, state }) => routeId === row.id && ['delivered', 'held'].includes(state))
    .map((transfer) => join(route.destination.root, transfer.destinationPath));
}

class RouteFiles {
  readonly #route: CheckedRoute;
  readonly #tables: Tables;
  readonly #disks: Disks;
  readonly #findings: Findings;
  readonly #transfers: TransferRow[];

  constructor(route: CheckedRoute, row: RouteRow, tables: Tables, disks: Disks, findings: Findings) {
    this.#route = route;
    this.#tables = tables;
    this.#disks = disks;
    this.#findings = findings;
    this.#transfers = tables.transfers.filter(
      ({ routeId, state }) => routeId === row.id && state !== 'suppressed',
    );
  }

  #add(kind: Parameters<Findings['add']>[0], about: string, detail: string): void {
    this.#findings.add(kind, this.#route.name, about, detail);
  }

  planted(file: PlantedSource): void {
    const path = posix.join(this.#route.source.path, file.name);
    const rows = this.#transfers.filter(({ sourcePath }) => sourcePath === path);
    const delivered = rows.filter(({ state }) => state === 'delivered').at(-1);
    if (delivered) this.#delivered(file, path, delivered);
    else this.#undelivered(file, path, rows.at(-1));
  }

  #delivered(file: PlantedSource, path: string, row: TransferRow): void {
    const expected = posix.join(this.#route.destination.path, file.target ?? file.name);
    if (row.destinationPath !== expected)
      this.#add('wrong_place', path, `the row says ${row.destinationPath}, expected was ${expected}`);
    if (file.expect === 'held' || file.expect === 'failed')
      this.#add('not_as_expected', path, `delivered, expected was ${file.expect}`);
    const target = this.#target(row.destinationPath);
    const kept = this.#sourceIsThere(file) || this.#isArchived(file);
    if (!target || this.#isFormer(target, file)) {
      if (kept) this.#add('delivered_without_file', path, `nothing at ${row.destinationPath}`);
      else this.#add('source_gone_without_target', path, `neither here nor at ${row.destinationPath}`);
      return;
    }
    if (target.sha256 !== file.sha256)
      this.#add('wrong_bytes', path, `${target.sizeBytes} bytes ${target.sha256}, planted ${file.sha256}`);
    else this.#rowLikeDisk(file, path, row, target);
    this.#intentBefore(path, row, target);
    this.#disposed(file, path);
  }

  #rowLikeDisk(file: PlantedSource, path: string, row: TransferRow, target: DiskFile): void {
    const attempts = this.#tables.attempts.filter(
      ({ transferId, outcome }) => transferId === row.id && outcome === 'delivered',
    );
    for (const { sizeBytes, sha256 } of [row, ...attempts])
      if (sha256 !== target.sha256 || sizeBytes !== String(target.sizeBytes))
        this.#add('row_unlike_disk', path, `the row says ${sizeBytes} bytes, ${sha256}`);
    if (row.sourceSizeBytes !== String(file.sizeBytes))
      this.#add('row_unlike_disk', path, `listed with ${row.sourceSizeBytes} bytes of ${file.sizeBytes}`);
  }

  /** The disk itself says when the rename was. */
  #intentBefore(path: string, row: TransferRow, target: DiskFile): void {
    const published = this.#tables.events.findLast(
      ({ transferId, action }) => transferId === row.id && action === 'transfer.published',
    );
    const intent = this.#tables.events.findLast(
      ({ transferId, action, id }) =>
        transferId === row.id &&
        action === 'transfer.publish_intended' &&
        (!published || BigInt(id) < BigInt(published.id)),
    );
    if (!intent || target.changedAtMs >= intent.at.getTime() - CLOCK_TOLERANCE_MS) return;
    const earlierMs = Math.round(intent.at.getTime() - target.changedAtMs);
    this.#add('published_without_intent', path, `renamed ${earlierMs} ms before its intent was written`);
  }

  #disposed(file: PlantedSource, path: string): void {
    const { disposition } = this.#route;
    const there = this.#sourceIsThere(file);
    if (disposition === 'keep') {
      if (!there) this.#add('source_touched', path, 'the route keeps it, and it is gone or altered');
    } else if (there) {
      this.#add('source_not_disposed', path, 'delivered, and still at the source');
    } else if (typeof disposition === 'object' && !this.#isArchived(file)) {
      this.#add('source_touched', path, `not in the archive ${disposition.archive}`);
    }
  }

  #undelivered(file: PlantedSource, path: string, row: TransferRow | undefined): void {
    const expect = file.expect ?? 'delivered';
    const state = row ? `${row.state} ${row.errorCode ?? ''}`.trim() : 'without a row';
    const targetPath =
      row?.destinationPath ?? posix.join(this.#route.destination.path, file.target ?? file.name);
    const found = this.#target(targetPath);
    const target = found && this.#isFormer(found, file) ? undefined : found;
    const intact = this.#sourceIsThere(file);
    if (!intact && target?.sha256 !== file.sha256) {
      this.#add('source_gone_without_target', path, `${state}, gone or altered at the source`);
      return;
    }
    if (!intact) this.#add('source_touched', path, `${state}, gone at the source`);
    if (target && row?.state === 'held') {
      if (target.sha256 !== file.sha256)
        this.#add('wrong_bytes', path, `${state}; ${target.sizeBytes} bytes ${target.sha256}`);
    } else if (target) {
      this.#add('file_without_delivery', path, `${targetPath} is there, and the row is ${state}`);
      return;
    }
    const allowed = {
      delivered: [] as string[],
      held: ['held'],
      failed: FAILED_STATES,
      settled: SETTLED_STATES,
    }[expect];
    if (row ? allowed.includes(row.state) : allowed.includes('failed') && this.#runFailed()) return;
    if (expect === 'delivered') this.#add('lost_file', path, `planted, and now ${state}`);
    else this.#add('not_as_expected', path, `${state}, expected was ${expect}`);
  }

  /** A run that could not even list has recorded that for all its files. */
  #runFailed(): boolean {
    const row = this.#tables.routes.find(({ name }) => name === this.#route.name);
    return this.#tables.runs.some(({ routeId, state }) => routeId === row?.id && state === 'failed');
  }

  unknownRows(): void {
    const planted = new Set(this.#route.files.map(({ name }) => posix.join(this.#route.source.path, name)));
    for (const row of this.#transfers)
      if (row.state === 'delivered' && !planted.has(row.sourcePath))
        this.#add('unknown_delivery', row.sourcePath, 'nobody planted it');
  }

  atDestination(accounted: ReadonlySet<string>): void {
    const { destination, files, existing = [] } = this.#route;
    const targets = new Set(files.map((file) => file.target ?? file.name));
    for (const file of this.#disks.destination.values()) {
      const path = posix.join(destination.path, file.name);
      const former = existing.find(({ name }) => name === file.name);
      if (looksTemporary(file.name) || accounted.has(join(destination.root, path))) continue;
      // Said already where the planted file was looked at.
      if (targets.has(file.name) || former?.sha256 === file.sha256) continue;
      const twin = file.sizeBytes > 0 && files.find(({ sha256 }) => sha256 === file.sha256);
      if (twin)
        this.#add('delivered_twice', posix.join(this.#route.source.path, twin.name), `also at ${path}`);
      else if (former) this.#add('foreign_file_touched', path, 'was there before, with other bytes');
      else this.#add('file_without_delivery', path, 'no row accounts for it');
    }
    for (const { name } of existing)
      if (!this.#disks.destination.has(name) && !targets.has(name))
        this.#add(
          'foreign_file_touched',
          posix.join(destination.path, name),
          'was there before, and is gone',
        );
    this.#takenOnce();
  }

  /** A partner that takes files away has each of them once. */
  #takenOnce(): void {
    for (const file of this.#route.files) {
      if (file.sizeBytes === 0) continue;
      const isIt = ({ sha256 }: DiskFile) => sha256 === file.sha256;
      const taken = [...this.#disks.taken.values()].filter(isIt);
      const left = [...this.#disks.destination.values()].filter(
        (one) => isIt(one) && !looksTemporary(one.name),
      );
      const planted = this.#route.files.filter(({ sha256 }) => sha256 === file.sha256);
      if (taken.length > 0 && taken.length + left.length > planted.length)
        this.#add(
          'delivered_twice',
          posix.join(this.#route.source.path, file.name),
          `${taken.length} taken by the partner, ${left.length} still there`,
        );
    }
  }

  /** What belongs to a held file is left for whoever decides on it. */
  leftovers(): void {
    const held = this.#transfers.filter(({ state }) => state === 'held').map(({ id }) => id);
    const { source, destination } = this.#route;
    for (const [place, files] of [
      [source, this.#disks.source],
      [destination, this.#disks.destination],
    ] as const)
      for (const file of files.values())
        if (looksTemporary(file.name) && !held.some((id) => file.name.includes(id)))
          this.#add('temporary_left', posix.join(place.path, file.name), `${file.sizeBytes} bytes`);
  }

  /** By the ledger's own key: one version of one file, one publish, one delivered row. */
  deliveredOnce(): void {
    const rows = new Map<string, TransferRow[]>();
    for (const row of this.#transfers) {
      const key = [
        row.sourceEndpoint,
        row.sourcePath,
        row.sourceSizeBytes,
        row.sourceModified,
        row.generation,
      ];
      const text = key.join('\u0000');
      rows.set(text, [...(rows.get(text) ?? []), row]);
    }
    const publishes = new Map<string, number>();
    for (const { action, transferId } of this.#tables.events)
      if (action === 'transfer.published' && transferId)
        publishes.set(transferId, (publishes.get(transferId) ?? 0) + 1);
    for (const same of rows.values()) {
      const delivered = same.filter(({ state }) => state === 'delivered').length;
      const published = same.reduce((sum, { id }) => sum + (publishes.get(id) ?? 0), 0);
      if (delivered > 1 || published > 1)
        this.#add(
          'delivered_twice',
          same[0]!.sourcePath,
          `${delivered} delivered rows, ${published} publishes`,
        );
    }
  }

  #target(path: string): DiskFile | undefined {
    const name = posix.relative(this.#route.destination.path, path);
    return this.#disks.destination.get(name) ?? this.#disks.taken.get(posix.basename(path));
  }

  /** What stood there before is no work of ours. */
  #isFormer(target: DiskFile, file: PlantedSource): boolean {
    if (target.sha256 === file.sha256) return false;
    return (this.#route.existing ?? []).some(
      ({ name, sha256 }) => name === target.name && sha256 === target.sha256,
    );
  }

  #sourceIsThere(file: PlantedSource): boolean {
    return this.#disks.source.get(file.name)?.sha256 === file.sha256;
  }

  #isArchived(file: PlantedSource): boolean {
    const stem = posix.parse(file.name).name;
    return [...this.#disks.archive.values()].some(
      ({ name, sha256 }) => sha256 === file.sha256 && posix.basename(name).startsWith(stem),
    );
  }
}
