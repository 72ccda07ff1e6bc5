import { type Address, carriedIpv4, readAddress, writeAddress } from './address.ts';
import {
  type AddressClass,
  classOfAddress,
  classOfName,
  classOfNetwork,
  isOrdinary,
} from './address-class.ts';
import { type EgressRule, namesHost, type PortRange } from './egress-rule.ts';
import { readHost } from './host.ts';
import { contains } from './network.ts';

/** Where a connection is about to go. */
export interface Destination {
  /** As it was configured. */
  host: string;
  port: number;
  /** What is dialled; undefined where a proxy resolves the host. */
  address: string | undefined;
  /** The ports of data connections are the server's choice: no list allows them, and every denial counts. */
  channel: 'control' | 'data';
  /** Whoever named the host is no administrator of the whole: inside our networks only what a rule names by its network. */
  publicOnly?: boolean | undefined;
}

export interface EgressLists {
  /** What is not here is refused. */
  allow: readonly EgressRule[];
  /** Comes before `allow`. */
  deny: readonly EgressRule[];
}

/** Why nothing may be sent there, for an operator; undefined where it may. */
export function egressRefusal(lists: EgressLists, destination: Destination): string | undefined {
  const { host, port, channel, publicOnly = false } = destination;
  const place = placeOf(destination);
  if (typeof place === 'string') return place;
  const denied = lists.deny.some((rule) => covers(rule.ports, port) && denies(rule, place));
  if (denied) return `${shown(host, place)}, port ${port}, is on the deny list (WAYBILL_EGRESS_DENY)`;
  const allowed = lists.allow.filter((rule) => allows(rule, place, publicOnly));
  if (allowed.length === 0) return `${shown(host, place)} is not on the allow list (WAYBILL_EGRESS_ALLOW)`;
  if (channel === 'data' || allowed.some((rule) => covers(rule.ports, port))) return undefined;
  return `${shown(host, place)} is on the allow list for other ports than ${port} (WAYBILL_EGRESS_ALLOW)`;
}

interface Place {
  name: string | undefined;
  /** The address, and the IPv4 address inside it; empty where a proxy resolves the name. */
  addresses: readonly Address[];
  addressClass: AddressClass;
}

function placeOf({ host, address }: Destination): Place | string {
  const read = readHost(host);
  if (read.kind === 'invalid') return `the host ${read.because}`;
  const name = read.kind === 'name' ? read.name : undefined;
  const at =
    address === undefined ? (read.kind === 'address' ? read.address : undefined) : readAddress(address);
  if (address !== undefined && !at) return 'the address is not one';
  if (!at) return { name, addresses: [], addressClass: classOfName(name ?? '') };
  const carried = carriedIpv4(at);
  return { name, addresses: carried ? [at, carried] : [at], addressClass: classOfAddress(at) };
}

function denies(rule: EgressRule, { name, addresses, addressClass }: Place): boolean {
  switch (rule.kind) {
    case 'class':
      return rule.addressClass === addressClass;
    case 'network':
      return addresses.some((address) => contains(rule.network, address));
    case 'name':
      return name !== undefined && namesHost(rule, name);
  }
}

/** What the owner of a name says about it can change at any time: a name allows no address inside our networks. */
function allows(rule: EgressRule, place: Place, publicOnly: boolean): boolean {
  if (!denies(rule, place)) return false;
  const { addressClass } = place;
  const isOpen = publicOnly ? addressClass === 'public' : isOrdinary(addressClass);
  if (rule.kind === 'network') return isOpen || classOfNetwork(rule.network) === addressClass;
  return addressClass === 'public' || (rule.kind === 'class' && !publicOnly);
}

function covers(ports: PortRange | undefined, port: number): boolean {
  return ports === undefined || (port >= ports.first && port <= ports.last);
}

const PLACES: Readonly<Record<AddressClass, string>> = {
  public: 'a public address',
  private: 'a private address',
  loopback: 'a loopback address',
  link_local: 'a link-local address',
  metadata: 'an address of a metadata service',
  unspecified: 'an unspecified address',
  multicast: 'a multicast address',
  reserved: 'a reserved address',
};

function shown(host: string, { addresses, addressClass }: Place): string {
  if (addresses.length === 0) {
    const known =
      addressClass === 'public' ? '' : `, as its name says ${PLACES[addressClass]} (\`${addressClass}\`)`;
    return `${host}, which is not resolved here${known},`;
  }
  const address = writeAddress(addresses[0]!);
  const what = address === host ? address : `${address} (${host})`;
  return `${what}, ${PLACES[addressClass]} (\`${addressClass}\`),`;
}
