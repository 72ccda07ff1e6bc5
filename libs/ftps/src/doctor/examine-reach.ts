import { lookup as resolveName } from 'node:dns/promises';
import { isIP } from 'node:net';
import { legacyPoliciesOf, TransferError } from '#domain';
import { proxyName } from '../proxy.ts';
import { makeTlsIdentity, type TlsIdentity } from '../tls-identity.ts';
import { HandshakeRefused } from '../tls-negotiation.ts';
import type { ExaminationOptions } from './examine-endpoint.ts';
import {
  type BannerFacts,
  judgeBanner,
  judgeLogin,
  judgeName,
  judgePlain,
  judgeTcp,
  sentenceOf,
  type TcpFacts,
} from './judge-reach.ts';
import { type CertificateFacts, judgeCertificate, judgeCiphers, judgeVersions } from './judge-tls.ts';
import { errorOf, Knock, type Surroundings } from './knock.ts';
import { failed, type Notebook, ok } from './notebook.ts';
import { scanTls } from './scan-tls.ts';
import { LoginBudget, Visit } from './visit.ts';

/** More addresses than this say nothing new. */
const MAX_ADDRESSES = 4;

/** We are in, and what the next logins need. */
export interface Admission {
  visit: Visit;
  identity: TlsIdentity;
  budget: LoginBudget;
}

/** From the name to the login; undefined when that is as far as it goes. */
export async function examineReach(
  around: Surroundings,
  options: ExaminationOptions,
  notebook: Notebook,
): Promise<Admission | undefined> {
  return new ReachExamination(around, options, notebook).run();
}

class ReachExamination {
  readonly #around: Surroundings;
  readonly #options: ExaminationOptions;
  readonly #notebook: Notebook;

  constructor(around: Surroundings, options: ExaminationOptions, notebook: Notebook) {
    this.#around = around;
    this.#options = options;
    this.#notebook = notebook;
  }

  async run(): Promise<Admission | undefined> {
    const identity = await this.#configured();
    if (!identity) return undefined;
    const addresses = await this.#name();
    if (!addresses) return undefined;
    const first = await this.#tcp(addresses);
    if (!first || !(await this.#banner(first, identity))) return undefined;
    if (this.#around.endpoint.mode === 'plain') {
      await this.#plain();
      return this.#logIn(await this.#arrive('tcp', identity), identity);
    }
    if (!(await this.#scan(identity))) return undefined;
    const secured = await this.#certificate(identity);
    return secured && this.#logIn(secured.knock, secured.identity);
  }

  /** Settings that no server can make good. */
  async #configured(): Promise<TlsIdentity | undefined> {
    const since = performance.now();
    const { endpoint } = this.#around;
    const { allowLegacy = [] } = this.#options;
    const missing = legacyPoliciesOf(endpoint).filter((policy) => !allowLegacy.includes(policy));
    if (missing.length > 0) {
      const says = `This endpoint needs the legacy policy ${missing.join(', ')}, which this installation does not allow (\`legacy.allow\`). Nothing was sent.`;
      await this.#notebook.write('configuration', failed(says), since);
      return undefined;
    }
    try {
      return makeTlsIdentity(
        { ...endpoint, tls: { ...endpoint.tls, sessionReuse: 'preferred' } },
        this.#options.clientCertificate,
      );
    } catch (thrown) {
      await this.#fail('configuration', thrown, since);
      return undefined;
    }
  }

  async #name(): Promise<string[] | undefined> {
    const { endpoint, proxy } = this.#around;
    const { host } = endpoint;
    const since = performance.now();
    if (proxy) {
      await this.#notebook.write('dns', ok(`${host} is resolved by the ${proxyName(proxy)}.`), since);
      return [host];
    }
    let addresses: string[] = [];
    let error: TransferError | undefined;
    try {
      addresses = isIP(host) ? [host] : await this.#resolve(host);
    } catch (cause) {
      error = new TransferError('dns_not_found', { phase: 'connect', cause });
    }
    await this.#notebook.write('dns', judgeName({ host, addresses, error }), since);
    return error ? undefined : addresses;
  }

  async #resolve(host: string): Promise<string[]> {
    const { lookup, deadlines, signal } = this.#around;
    const late = AbortSignal.any([signal, AbortSignal.timeout(deadlines.connectMs)]);
    const givenUp = new Promise<never>((_, reject) => {
      late.addEventListener('abort', () => reject(late.reason), { once: true });
    });
    const asked = lookup
      ? new Promise<{ address: string }[]>((resolve, reject) => {
          lookup(host, { all: true }, (error, found) => {
            if (error) reject(error);
            else resolve(typeof found === 'string' ? [{ address: found }] : found);
          });
        })
      : resolveName(host, { all: true, order: 'verbatim' });
    const found = await Promise.race([asked, givenUp]);
    return [...new Set(found.map(({ address }) => address))];
  }

  /** A connection to each address; the first one stays open. */
  async #tcp(addresses: readonly string[]): Promise<Knock | undefined> {
    const { endpoint, proxy } = this.#around;
    const since = performance.now();
    const tries: { address: string; ms: number; error: TransferError | undefined }[] = [];
    let first: Knock | undefined;
    for (const address of addresses.slice(0, MAX_ADDRESSES)) {
      const sinceTry = performance.now();
      try {
        const knock = await Knock.connect(this.#around, address);
        if (first) knock.cut();
        else first = knock;
        tries.push({ address, ms: performance.now() - sinceTry, error: undefined });
      } catch (thrown) {
        this.#stopIfAborted();
        tries.push({ address, ms: performance.now() - sinceTry, error: errorOf(thrown, 'connect') });
      }
    }
    const facts: TcpFacts = {
      host: endpoint.host,
      port: endpoint.port,
      tries,
      proxy: proxy && proxyName(proxy),
    };
    await this.#notebook.write('tcp', judgeTcp(facts), since);
    return first;
  }

  async #banner(knock: Knock, identity: TlsIdentity): Promise<boolean> {
    const { mode } = this.#around.endpoint;
    const since = performance.now();
    const facts: BannerFacts = { mode, greeting: undefined, error: undefined, otherMode: undefined };
    try {
      if (mode === 'implicit') await knock.shakeHands(identity, '(implicit)');
      facts.greeting = await knock.greet();
      await knock.leave();
    } catch (thrown) {
      knock.cut();
      this.#stopIfAborted();
      // The server speaks TLS and one of us refused: that is for the steps after this one to tell.
      if (thrown instanceof HandshakeRefused && thrown.fact.protocol !== null) return true;
      facts.error = errorOf(thrown, 'connect');
      if (facts.error.code !== 'server_busy') facts.otherMode = await this.#otherMode(identity);
    }
    await this.#notebook.write('banner', judgeBanner(facts), since);
    return facts.greeting?.code === 220 && !facts.error;
  }

  /** Whether the same port answers when it is spoken to in the other of the two ways. */
  async #otherMode(identity: TlsIdentity): Promise<BannerFacts['otherMode']> {
    const { endpoint } = this.#around;
    let knock: Knock | undefined;
    try {
      if (endpoint.mode === 'implicit') {
        const around = { ...this.#around, endpoint: { ...endpoint, mode: 'explicit' as const } };
        knock = await Knock.connect(around);
        return (await knock.greet()).code === 220 ? 'explicit' : undefined;
      }
      knock = await Knock.connect(this.#around);
      await knock.shakeHands(identity, '(implicit)');
      return 'implicit';
    } catch (thrown) {
      this.#stopIfAborted();
      const spokeTls = thrown instanceof HandshakeRefused && thrown.fact.protocol !== null;
      return spokeTls && endpoint.mode !== 'implicit' ? 'implicit' : undefined;
    } finally {
      knock?.cut();
    }
  }

  async #plain(): Promise<void> {
    const since = performance.now();
    let knock: Knock | undefined;
    let offersTls = false;
    try {
      knock = await Knock.connect(this.#around);
      await knock.greet();
      offersTls = (await knock.ask('AUTH', 'TLS')).code === 234;
    } catch {
      this.#stopIfAborted();
    } finally {
      knock?.cut();
    }
    await this.#notebook.write('tls', judgePlain(offersTls), since);
  }

  async #scan(identity: TlsIdentity): Promise<boolean> {
    const since = performance.now();
    const scan = await scanTls(this.#around, identity, this.#options.clientCertificate);
    this.#stopIfAborted();
    const interrupted = scan.interrupted ? errorOf(scan.interrupted, 'negotiate') : undefined;
    if (interrupted?.code === 'tls_not_offered') {
      await this.#fail('tls_versions', interrupted, since);
      return false;
    }
    const { profile } = this.#notebook;
    profile.tlsVersions = scan.accepted.map(({ version }) => version).sort();
    profile.ciphers = scan.accepted.flatMap(({ ciphers }) => ciphers);
    await this.#notebook.write('tls_versions', judgeVersions(scan, this.#around.endpoint.tls), since);
    if (scan.accepted.length > 0)
      await this.#notebook.write('tls_ciphers', judgeCiphers(scan), performance.now());
    return true;
  }

  /** The handshake with the endpoint's own settings; the connection stays open for the login. */
  async #certificate(identity: TlsIdentity): Promise<{ knock: Knock; identity: TlsIdentity } | undefined> {
    const since = performance.now();
    let refused: HandshakeRefused;
    try {
      const knock = await Knock.secured(this.#around, identity);
      await this.#judgeCertificate(knock.handshake!, false, since);
      return { knock, identity };
    } catch (thrown) {
      this.#stopIfAborted();
      if (!(thrown instanceof HandshakeRefused)) {
        await this.#fail('certificate', thrown, since);
        return undefined;
      }
      refused = thrown;
    }
    const trusting = this.#trustingPin(identity, refused);
    if (!trusting) {
      await this.#judgeCertificate(refused, false, since);
      return undefined;
    }
    const knock = await this.#arrive('certificate', trusting);
    if (!knock) return undefined;
    await this.#judgeCertificate(knock.handshake!, true, since);
    return { knock, identity: trusting };
  }

  /** No authority vouches for the certificate, but its key is the pinned one: it is the trust anchor itself. */
  #trustingPin(identity: TlsIdentity, { pinnedLeaf }: HandshakeRefused): TlsIdentity | undefined {
    if (!identity.trustsPinnedKey || pinnedLeaf === undefined) return undefined;
    const { endpoint } = this.#around;
    const tls = { ...endpoint.tls, ca: [pinnedLeaf], sessionReuse: 'preferred' as const };
    return makeTlsIdentity({ ...endpoint, tls }, this.#options.clientCertificate);
  }

  async #judgeCertificate(
    { fact, evidence }: Pick<HandshakeRefused, 'fact' | 'evidence'>,
    trustedByPin: boolean,
    since: number,
  ): Promise<void> {
    const { endpoint } = this.#around;
    const facts: CertificateFacts = {
      fact,
      leafPem: evidence.leafPem,
      expectedName: endpoint.tls.serverName ?? endpoint.host,
      tls: endpoint.tls,
      trustedByPin,
      now: new Date(),
    };
    let from = since;
    for (const [step, judgement] of judgeCertificate(facts)) {
      await this.#notebook.write(step, judgement, from);
      // One handshake showed all of it.
      from = performance.now();
    }
  }

  /** A secured connection; its failure is a finding of this step. */
  async #arrive(step: string, identity: TlsIdentity): Promise<Knock | undefined> {
    const since = performance.now();
    try {
      return await Knock.secured(this.#around, identity);
    } catch (thrown) {
      this.#stopIfAborted();
      await this.#fail(step, thrown, since);
      return undefined;
    }
  }

  async #logIn(knock: Knock | undefined, identity: TlsIdentity): Promise<Admission | undefined> {
    if (!knock) return undefined;
    const since = performance.now();
    const budget = new LoginBudget();
    const { password, account } = this.#options;
    const { username } = this.#around.endpoint;
    let visit: Visit;
    try {
      visit = await Visit.begin(knock, identity, { password, account }, budget);
    } catch (thrown) {
      this.#stopIfAborted();
      await this.#notebook.write('login', judgeLogin(username, errorOf(thrown, 'authenticate')), since);
      return undefined;
    }
    await this.#notebook.write('login', judgeLogin(username, undefined), since);
    return { visit, identity, budget };
  }

  async #fail(step: string, thrown: unknown, since: number): Promise<void> {
    await this.#notebook.write(step, failed(sentenceOf(errorOf(thrown, 'connect'))), since);
  }

  #stopIfAborted(): void {
    this.#around.signal.throwIfAborted();
  }
}
