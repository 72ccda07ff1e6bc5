import { lookup } from 'node:dns/promises';
import { writeAddress } from './address.ts';
import { type Destination, type EgressLists, egressRefusal } from './egress-policy.ts';
import { readHost } from './host.ts';
import { type OwnService, OwnServices, type Resolve } from './own-services.ts';

/** Asked about each address right before it is dialled. Says why not; undefined where it may be. */
export type DestinationCheck = (destination: Destination) => string | undefined;

export type HostCheck =
  /** Dial one of these and look nothing up again. Empty: the name does not resolve here, now. */
  { allowed: true; addresses: readonly string[] } | { allowed: false; because: string };

export interface EgressOptions extends EgressLists {
  ownServices?: readonly (OwnService | undefined)[];
  /** Instead of the system's name resolution. */
  resolve?: Resolve;
}

/** A person waits for the answer; a worker asks again when it connects. */
const RESOLVE_MS = 5_000;

/** The policy of one process. */
export class Egress {
  readonly #lists: EgressLists;
  readonly #own: OwnServices;
  readonly #resolve: Resolve;

  constructor({ allow, deny, ownServices = [], resolve = systemResolve }: EgressOptions) {
    this.#lists = { allow, deny };
    this.#resolve = withinTime(resolve);
    const services = ownServices.filter((service) => service !== undefined);
    this.#own = new OwnServices(services, this.#resolve);
  }

  /** For those who dial. Knows where our own services are at this moment; asked for once per session. */
  async destinationCheck(): Promise<DestinationCheck> {
    await this.#own.learn();
    return (destination) => this.#refusal(destination);
  }

  /**
   * For those who save a host, or are about to call one (webhooks). A name that does not resolve passes a save: the worker
   * may know it, and checks what it dials.
   * @param publicOnly whoever named the host is limited: `private` and other classes allow him nothing inside, networks do; a name
   *   that is not there is refused as one that leads inside is
   * @param byProxy the host is resolved by a proxy: here the name may not exist, or be another machine, so it is judged as it is
   */
  async checkHost(
    host: string,
    port: number,
    { byProxy = false, publicOnly = false } = {},
  ): Promise<HostCheck> {
    const read = readHost(host);
    if (read.kind === 'invalid') return { allowed: false, because: `the host ${read.because}` };
    await this.#own.learn();
    const destination = { host, port, channel: 'control' as const, publicOnly };
    if (read.kind === 'address' || byProxy) {
      const because = this.#refusal({ ...destination, address: undefined });
      if (because !== undefined) return { allowed: false, because };
      return { allowed: true, addresses: read.kind === 'address' ? [writeAddress(read.address)] : [] };
    }
    const found = await this.#resolve(read.name).catch(() => []);
    const refusals = found.map((address) => this.#refusal({ ...destination, address }));
    const addresses = found.filter((_, index) => refusals[index] === undefined);
    if (addresses.length > 0) return { allowed: true, addresses };
    // Who is limited would learn from the difference which names are alive inside.
    if (publicOnly) return { allowed: false, because: `${read.name} has no address that may be called` };
    const because = found.length === 0 ? this.#refusalOfName(destination) : refusals[0];
    return because === undefined ? { allowed: true, addresses: [] } : { allowed: false, because };
  }

  #refusal(destination: Destination): string | undefined {
    return this.#own.refusal(destination) ?? egressRefusal(this.#lists, destination);
  }

  /** Not resolved: an allow list of networks cannot be asked, but what is denied by name, or is loopback by name, is known. */
  #refusalOfName(destination: Omit<Destination, 'address'>): string | undefined {
    const { deny } = this.#lists;
    const asked = { ...destination, address: undefined };
    const own = this.#own.refusal(asked);
    return own ?? egressRefusal({ allow: ANY_PUBLIC_NAME.concat(this.#lists.allow), deny }, asked);
  }
}

const ANY_PUBLIC_NAME: EgressLists['allow'][number][] = [{ kind: 'class', addressClass: 'public' }];

async function systemResolve(name: string): Promise<string[]> {
  const found = await lookup(name, { all: true, order: 'verbatim' });
  return [...new Set(found.map(({ address }) => address))];
}

function withinTime(resolve: Resolve): Resolve {
  return async (name) => {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new Error(`${name}: no answer`)), RESOLVE_MS);
    try {
      return await Promise.race([resolve(name), late.promise]);
    } finally {
      clearTimeout(timer);
    }
  };
}
