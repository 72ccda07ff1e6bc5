import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type CertificateRequest,
  issueCertificate,
  makeAuthority,
  type PartnerSim,
  type PartnerSimOptions,
  startPartnerSim,
} from '#apps/partner-sim';
import type { CapabilityProfile, Finding, FtpsEndpoint, TlsPolicy } from '#domain';
import { EVERYTHING, findProbe, type ProbeRecord, requestProbe } from '#store';
import { anEndpointAt } from './builders.ts';
import { type Product, startProduct } from './product.ts';

export interface ExaminationWish extends Partial<PartnerSimOptions> {
  certificate?: Partial<CertificateRequest>;
  mode?: 'explicit' | 'implicit';
  endpoint?: Partial<Omit<FtpsEndpoint, 'tls'>>;
  endpointTls?: Partial<TlsPolicy>;
  /** Default `/in`; null: nothing may be written. */
  folder?: string | null;
}

export interface Examined {
  probe: ProbeRecord;
  sim: PartnerSim;
  name: string;
  findings: Record<string, Finding>;
  profile: CapabilityProfile | null;
  /** How often somebody tried a password. */
  logins: number;
}

/** The product with partners to examine, one after another; `/in` of each holds one file of theirs. */
export class DoctorPractice {
  readonly product: Product;
  readonly password: string;
  readonly #authority = makeAuthority({ commonName: 'Doctor test authority' });
  #sim: PartnerSim | undefined;
  #partners = 0;

  private constructor(product: Product, password: string) {
    this.product = product;
    this.password = password;
  }

  static async open(): Promise<DoctorPractice> {
    const password = randomBytes(12).toString('base64url');
    const product = await startProduct({ secrets: { PARTNER_PASSWORD: password }, schedulers: 0 });
    return new DoctorPractice(product, password);
  }

  /** Name of the partner, and of its endpoint, that `examine` was called for last. */
  get current(): string {
    return `partner-${this.#partners}`;
  }

  /** A partner, an endpoint for it, and its examination by a worker. */
  async examine(wish: ExaminationWish = {}): Promise<Examined> {
    const { certificate, mode = 'explicit', endpoint, endpointTls, folder = '/in', ...options } = wish;
    this.#partners += 1;
    const name = this.current;
    const root = join(this.product.home, name);
    await mkdir(join(root, 'in'), { recursive: true });
    await writeFile(join(root, 'in/theirs.csv'), 'a;b\n');
    const names = { commonName: 'localhost', dnsNames: ['localhost'] };
    const leaf = issueCertificate(this.#authority, { ...names, ...certificate });
    const caPem = this.#authority.certificatePem;
    const sim = await startPartnerSim({
      root,
      username: 'waybill',
      password: this.password,
      identity: { ...leaf, caPem },
      ...options,
    });
    this.#sim = sim;
    // Of what the server speaks, whatever the endpoint says.
    const port = mode === 'explicit' ? sim.explicitPort : sim.implicitPort;
    await this.product.apply([anEndpointAt(sim, { name, mode, port, ...endpoint, tls: endpointTls })], []);
    const probe = await this.probe(name, folder);
    return {
      probe,
      sim,
      name,
      findings: Object.fromEntries(probe.findings.map((finding) => [finding.step, finding])),
      profile: probe.profile,
      logins: sim.commands.filter(({ verb }) => verb === 'PASS').length,
    };
  }

  /** Asks for an examination and waits for its end. */
  async probe(endpoint: string, folder: string | null): Promise<ProbeRecord> {
    const { store } = this.product;
    const wish = { endpoint, requestedBy: 'test', folder };
    const { id } = await store.transaction((tx) => requestProbe(tx, wish));
    return this.finished(id);
  }

  async finished(id: string): Promise<ProbeRecord> {
    const deadline = performance.now() + 60_000;
    for (;;) {
      const probe = await findProbe(this.product.store.db, EVERYTHING, id);
      if (probe?.finishedAt) return probe;
      if (performance.now() > deadline) throw new Error(`the probe is still ${probe?.state}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** The partner goes; the product stays. */
  async leavePartner(): Promise<void> {
    await this.#sim?.close();
    this.#sim = undefined;
  }

  async close(): Promise<void> {
    await this.leavePartner();
    await this.product.close();
  }
}
