import type { FtpsEndpoint } from '#domain';
import { nextLoopbackAddress } from '../../servers/support/index.ts';
import { type Fault, FaultProxy } from './fault-proxy.ts';
import { type RouteWish, Site } from './site.ts';

/** The passive range of our servers (test/servers/support/ftp-server.ts). */
const DATA_PORTS = Array.from({ length: 200 }, (_, index) => 40_000 + index);

/** A site whose partner is reached over networks that can be broken, each with an endpoint of its own. */
export class FaultyNetworks {
  readonly site: Site;
  readonly #addresses: Map<string, string>;
  readonly #proxies = new Map<string, FaultProxy>();

  private constructor(site: Site, addresses: Map<string, string>) {
    this.site = site;
    this.#addresses = addresses;
  }

  /** @param names of the networks, and of their endpoints */
  static async open(names: readonly string[], workers = 1): Promise<FaultyNetworks> {
    const addresses = new Map(names.map((name) => [name, nextLoopbackAddress()]));
    const site = await Site.open({
      workers,
      sweepMs: 500,
      server: { alsoReachedAt: [...addresses.values()] },
    });
    const networks = new FaultyNetworks(site, addresses);
    for (const [name, from] of addresses)
      networks.#proxies.set(
        name,
        await FaultProxy.start({
          from,
          to: site.partner.host,
          controlPort: site.partner.port,
          dataPorts: DATA_PORTS,
        }),
      );
    return networks;
  }

  proxy(name: string): FaultProxy {
    return this.#proxies.get(name)!;
  }

  async apply(): Promise<void> {
    const endpoints: FtpsEndpoint[] = [...this.#addresses].map(([name, host]) =>
      this.site.partnerEndpoint({ name, host }),
    );
    await this.site.apply(endpoints);
  }

  addRoute(wish: RouteWish & { partner: string }) {
    return this.site.addRoute(wish);
  }

  /** One run over the network with this fault; its end, how long it took, and how often the fault struck. */
  async run(
    network: string,
    routeName: string,
    fault: Fault | undefined,
    boundMs: number,
  ): Promise<{ state: string; code: string | null; tookMs: number; struck: number; attempts: number }> {
    const proxy = this.proxy(network);
    proxy.set(fault);
    const began = performance.now();
    const id = await this.site.trigger(routeName);
    await this.site.view.allFinished([id], boundMs);
    const tookMs = performance.now() - began;
    const rows = await this.site.view.rows<{ state: string; code: string | null; attempts: number }>(
      `SELECT run.state, coalesce(transfer.error_code, run.error_code) AS code,
              coalesce(transfer.attempt_count, 0) AS attempts
         FROM run LEFT JOIN transfer ON transfer.run_id = run.id WHERE run.id::text = $1`,
      [id],
    );
    return { ...rows[0]!, tookMs, struck: proxy.struck };
  }

  /** What is said over the control connection for the one file of a route, while nothing is wrong. */
  async controlBytes(network: string, routeName: string, boundMs: number): Promise<number> {
    const { state } = await this.run(network, routeName, undefined, boundMs);
    if (state !== 'delivered') throw new Error(`${routeName} is ${state} over a good network`);
    const control = await this.site.view.until(
      'the end of the control connection',
      boundMs,
      async () => this.proxy(network).closed.find(({ connection }) => connection === 'control'),
      (closed) => closed !== undefined,
    );
    return control!.bytes;
  }

  async close(): Promise<void> {
    for (const proxy of this.#proxies.values()) await proxy.stop();
    await this.site.close();
  }
}
