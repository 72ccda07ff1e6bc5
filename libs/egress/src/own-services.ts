import { networkInterfaces } from 'node:os';
import { type Address, readAddress, writeAddress } from './address.ts';
import { classOfAddress, classOfName } from './address-class.ts';
import type { Destination } from './egress-policy.ts';
import { normaliseHost, readHost } from './host.ts';

/** Something that Waybill itself runs on: its database, its queue, its own api. */
export interface OwnService {
  /** For the sentence: `the database`. */
  what: string;
  host: string;
  port: number;
}

/** Every address of a name. Rejects where it has none. */
export type Resolve = (name: string) => Promise<readonly string[]>;

interface Located {
  service: OwnService;
  host: string | undefined;
  /** On this machine: then under each of its addresses. */
  here: boolean;
  addresses: ReadonlySet<string>;
}

/** From a URL of the configuration; undefined for a socket in the file system. */
export function serviceOfUrl(what: string, url: string, usualPort: number): OwnService | undefined {
  const { hostname, port } = new URL(url);
  return hostname === '' ? undefined : { what, host: hostname, port: port === '' ? usualPort : Number(port) };
}

const LEARN_AGAIN_MS = 60_000;

/** No list opens these: whoever names a partner must not reach what holds the evidence. */
export class OwnServices {
  readonly #services: readonly OwnService[];
  readonly #resolve: Resolve;
  #located: readonly Located[];
  #learntAtMs = Number.NEGATIVE_INFINITY;
  #learning: Promise<void> | undefined;

  constructor(services: readonly OwnService[], resolve: Resolve) {
    this.#services = services;
    this.#resolve = resolve;
    this.#located = services.map((service) => locate(service, []));
  }

  /** Containers get new addresses: names are asked again after a minute. What cannot be resolved stays what it was. */
  async learn(): Promise<void> {
    if (performance.now() - this.#learntAtMs < LEARN_AGAIN_MS) return;
    this.#learning ??= this.#learn().finally(() => {
      this.#learning = undefined;
    });
    await this.#learning;
  }

  refusal({ host, port, address }: Destination): string | undefined {
    const at = readAddress(address ?? normaliseHost(host) ?? '');
    const found = this.#located.find(
      (located) => located.service.port === port && leadsTo(located, normaliseHost(host), at),
    );
    return found && `${host}, port ${port}, is ${found.service.what} of this installation`;
  }

  async #learn(): Promise<void> {
    this.#located = await Promise.all(
      this.#services.map(async (service, index) => {
        const host = readHost(service.host);
        if (host.kind !== 'name') return locate(service, []);
        const addresses = await this.#resolve(host.name).catch(() => undefined);
        return addresses ? locate(service, addresses) : this.#located[index]!;
      }),
    );
    this.#learntAtMs = performance.now();
  }
}

function locate(service: OwnService, resolved: readonly string[]): Located {
  const host = normaliseHost(service.host);
  const addresses = [host ?? '', ...resolved].map(readAddress).filter((address) => address !== undefined);
  return {
    service,
    host,
    here: addresses.some(isHere) || (addresses.length === 0 && classOfName(host ?? '') === 'loopback'),
    addresses: new Set(addresses.map(writeAddress)),
  };
}

function leadsTo(located: Located, host: string | undefined, at: Address | undefined): boolean {
  if (host !== undefined && host === located.host) return true;
  if (!at) return located.here && classOfName(host ?? '') === 'loopback';
  return located.addresses.has(writeAddress(at)) || (located.here && isHere(at));
}

/** Loopback, "any address", or one of this machine's interfaces. */
function isHere(address: Address): boolean {
  const addressClass = classOfAddress(address);
  if (addressClass === 'loopback' || addressClass === 'unspecified') return true;
  const text = writeAddress(address);
  return Object.values(networkInterfaces()).some((list) =>
    list?.some((own) => own.address === text || own.address.split('%')[0] === text),
  );
}
