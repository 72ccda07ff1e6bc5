import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type Faults, type PartnerSim, type PartnerSimOptions, startPartnerSim } from '#apps/partner-sim';
import type { FtpsEndpoint, TlsPolicy } from '#domain';
import { type FtpsDeadlines, type FtpsSessionOptions, openFtpsSession } from '#ftps';
import { aLocalEndpoint, anEndpointAt, aRoute } from '../../support/builders.ts';
import { type FinishedRun, type Product, startProduct } from '../../support/product.ts';

export type Direction = 'pull' | 'push';
type RouteChanges = NonNullable<Parameters<typeof aRoute>[3]>;

/** One partner, one route, one thing that is wrong. */
export interface Situation {
  sim?: Partial<Omit<PartnerSimOptions, 'faults'>>;
  /** A function is given the sim: for faults that speak, hang up or look at the disk by themselves. */
  faults?: Faults | ((sim: PartnerSim) => Faults);
  endpoint?: Partial<Omit<FtpsEndpoint, 'tls'>>;
  tls?: Partial<TlsPolicy>;
  route?: RouteChanges;
  /** What the source holds; default one file, `a.csv`. */
  files?: Record<string, string | Uint8Array>;
  /** What the destination holds already. */
  present?: Record<string, string>;
  /** Instead of the partner's real password. */
  password?: string;
  /** Instead of the engine's. */
  deadlines?: Partial<FtpsDeadlines>;
  clientCertificate?: FtpsSessionOptions['clientCertificate'];
  /** What was refused once is refused again: one attempt, unless the case is about the next one. */
  attempts?: number;
  /** A sim of an earlier scene, instead of a new one. */
  at?: Scene;
  /** How long the run may take. */
  withinMs?: number;
}

type Rows<T extends 'attempt' | 'tlsNegotiation' | 'auditEvent'> = Awaited<
  ReturnType<Product['store']['db'][T]['findMany']>
>;

/** What a run left behind: rows, files, and what the partner saw. */
export interface Scene {
  direction: Direction;
  route: string;
  run: FinishedRun;
  sim: PartnerSim;
  attempts: Rows<'attempt'>;
  negotiations: Rows<'tlsNegotiation'>;
  events: Rows<'auditEvent'>;
  /** The dialogues of all attempts. */
  transcript: string;
  sourceDirectory: string;
  targetDirectory: string;
  /** What the source held before. */
  files: Record<string, string | Uint8Array>;
  /** Verbs as the partner heard them. */
  verbs(): string[];
}

/** The product with one worker, on which one scene after the other is played. */
export class Stage {
  readonly product: Product;
  /** What must never leave in clear, nor stand in any record. */
  readonly password: string;
  readonly content: string;
  readonly logLines: string[];
  readonly #secrets: Record<string, string>;
  readonly #particulars: Map<string, Situation>;
  readonly #sims = new Set<PartnerSim>();
  #scenes = 0;
  /** Two that make the same partner at the same moment would collide. */
  #applied: Promise<void> = Promise.resolve();

  private constructor(
    parts: Pick<Stage, 'product' | 'password' | 'logLines'>,
    secrets: Record<string, string>,
    particulars: Map<string, Situation>,
  ) {
    this.product = parts.product;
    this.password = parts.password;
    this.logLines = parts.logLines;
    this.#secrets = secrets;
    this.#particulars = particulars;
    this.content = `content-${randomBytes(12).toString('hex')}`;
  }

  static async open(): Promise<Stage> {
    const password = `pw-${randomBytes(12).toString('hex')}`;
    const secrets: Record<string, string> = { PARTNER_PASSWORD: password };
    const particulars = new Map<string, Situation>();
    const logLines: string[] = [];
    const product = await startProduct({
      secrets,
      sweepMs: 100,
      onLogLine: (line) => logLines.push(line),
      sessions: (usual) => async (endpoint, observer, signal) => {
        const { deadlines, clientCertificate } = particulars.get(endpoint.name) ?? {};
        if (endpoint.protocol === 'local' || !(deadlines || clientCertificate))
          return usual(endpoint, observer, signal);
        const secret = (endpoint.password as { env: string }).env;
        return openFtpsSession(
          { endpoint, password: secrets[secret]!, deadlines, clientCertificate },
          observer,
          signal,
        );
      },
    });
    return new Stage({ product, password, logLines }, secrets, particulars);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#sims].map((sim) => sim.close()));
    await this.product.close();
  }

  pull(situation: Situation = {}): Promise<Scene> {
    return this.play('pull', situation);
  }

  push(situation: Situation = {}): Promise<Scene> {
    return this.play('push', situation);
  }

  /** Sets the scene, runs the route once, and reads what is on record. */
  async play(direction: Direction, situation: Situation): Promise<Scene> {
    const name = `${direction}-${++this.#scenes}`;
    const home = join(this.product.home, name);
    const partnerRoot = situation.at?.sim.root ?? join(home, 'partner');
    for (const folder of [
      join(partnerRoot, 'out'),
      join(partnerRoot, 'in'),
      join(home, 'local/inbox'),
      join(home, 'local/outbox'),
    ])
      await mkdir(folder, { recursive: true });
    const files = situation.files ?? { 'a.csv': this.content };
    const [sourceDirectory, targetDirectory] =
      direction === 'pull'
        ? [join(partnerRoot, 'out'), join(home, 'local/inbox')]
        : [join(home, 'local/outbox'), join(partnerRoot, 'in')];
    for (const [file, bytes] of Object.entries(files)) await writeFile(join(sourceDirectory, file), bytes);
    for (const [file, bytes] of Object.entries(situation.present ?? {}))
      await writeFile(join(targetDirectory, file), bytes);
    const sim = situation.at?.sim ?? (await this.#startSim(partnerRoot, situation));
    await this.#configure(name, direction, home, sim, situation);
    const heardBefore = sim.commands.length;
    const run = await this.product.run(name, situation.withinMs ?? 20_000);
    return this.look({
      direction,
      route: name,
      run,
      sim,
      sourceDirectory,
      targetDirectory,
      files,
      heardBefore,
    });
  }

  /** The same route once more, with whatever has changed since. */
  async again(scene: Scene, situation: Situation = {}): Promise<Scene> {
    if (Object.keys(situation).length > 0) {
      const home = join(this.product.home, scene.route);
      await this.#configure(scene.route, scene.direction, home, scene.sim, situation);
    }
    const heardBefore = scene.sim.commands.length;
    const run = await this.product.run(scene.route, 20_000);
    return this.look({ ...scene, run, heardBefore });
  }

  async #startSim(root: string, { sim: options, faults }: Situation): Promise<PartnerSim> {
    const sim = await startPartnerSim({ root, username: 'waybill', password: this.password, ...options });
    sim.faults = typeof faults === 'function' ? faults(sim) : (faults ?? {});
    this.#sims.add(sim);
    return sim;
  }

  async #configure(
    name: string,
    direction: Direction,
    home: string,
    sim: PartnerSim,
    situation: Situation,
  ): Promise<void> {
    const partner = `partner-${name}`;
    const local = `local-${name}`;
    this.#particulars.set(partner, situation);
    if (situation.password !== undefined) this.#secrets[`PASSWORD_${name}`] = situation.password;
    const endpoint = anEndpointAt(sim, {
      name: partner,
      ...(situation.password !== undefined && { password: { env: `PASSWORD_${name}` } }),
      ...situation.endpoint,
      tls: situation.tls,
    });
    const there = { endpoint: partner, path: direction === 'pull' ? '/out' : '/in' };
    const here = { endpoint: local, path: direction === 'pull' ? '/inbox' : '/outbox' };
    const [from, to] = direction === 'pull' ? [there, here] : [here, there];
    const retry = {
      maxAttempts: situation.attempts ?? 1,
      firstDelayMs: 20,
      factor: 1,
      maxDelayMs: 20,
      jitter: 0.5,
    };
    const apply = () =>
      this.product.apply(
        [endpoint, aLocalEndpoint(local, join(home, 'local'))],
        [aRoute(name, from, to, { retry, ...situation.route })],
      );
    this.#applied = this.#applied.then(apply);
    await this.#applied;
  }

  /** Reads what is on record about a run. */
  async look(
    seen: Omit<Scene, 'attempts' | 'negotiations' | 'events' | 'transcript' | 'verbs'> & {
      heardBefore: number;
    },
  ): Promise<Scene> {
    const { db } = this.product.store;
    const { id } = seen.run;
    const { heardBefore, ...rest } = seen;
    const [attempts, negotiations, events] = await Promise.all([
      db.attempt.findMany({ where: { transfer: { runId: id } }, orderBy: [{ startedAt: 'asc' }] }),
      db.tlsNegotiation.findMany({ where: { runId: id }, orderBy: [{ startedAt: 'asc' }] }),
      db.auditEvent.findMany({ where: { runId: id }, orderBy: [{ id: 'asc' }] }),
    ]);
    const transcript = attempts
      .map((attempt) => (attempt.transcript ? gunzipSync(attempt.transcript).toString() : ''))
      .join('\n');
    return {
      ...rest,
      attempts,
      negotiations,
      events,
      transcript,
      verbs: () => rest.sim.commands.slice(heardBefore).map(({ verb }) => verb),
    };
  }
}

/** Names and contents of a directory; temporary files are files too. */
export async function filesIn(directory: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const name of (await readdir(directory)).sort())
    files[name] = (await readFile(join(directory, name))).toString('latin1');
  return files;
}
