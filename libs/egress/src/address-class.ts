import { type Address, carriedIpv4 } from './address.ts';
import { contains, type Network, network } from './network.ts';

/** What kind of place an address is. The words are those of the allow and deny lists. */
export const ADDRESS_CLASSES = [
  'public',
  'private',
  'loopback',
  'link_local',
  'metadata',
  'unspecified',
  'multicast',
  'reserved',
] as const;
export type AddressClass = (typeof ADDRESS_CLASSES)[number];

/** Where partners are. Everything else is this machine, its neighbourhood, or nobody. */
export function isOrdinary(addressClass: AddressClass): boolean {
  return addressClass === 'public' || addressClass === 'private';
}

/** Read from the top: the metadata services lie within other classes. IANA's special-purpose registries otherwise. */
const TABLE: readonly (readonly [AddressClass, ...string[]])[] = [
  [
    'metadata',
    // AWS, Azure, Google and others; ECS and EKS credentials.
    ...['169.254.169.254', '169.254.170.2', '169.254.170.23', 'fd00:ec2::254', 'fd00:ec2::23'],
    // Google over IPv6, Alibaba, Oracle, and the Azure platform.
    ...['fd20:ce::254', '100.100.100.200', '192.0.0.192', '168.63.129.16'],
  ],
  ['unspecified', '0.0.0.0/8', '::'],
  ['loopback', '127.0.0.0/8', '::1'],
  ['link_local', '169.254.0.0/16', 'fe80::/10'],
  ['multicast', '224.0.0.0/4', 'ff00::/8'],
  // Carrier-grade NAT (RFC 6598) is somebody's inside too.
  ['private', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7'],
  [
    'reserved',
    // Protocol assignments, documentation, benchmarks, 6to4 relays, the future and broadcast.
    ...['192.0.0.0/24', '192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24', '198.18.0.0/15'],
    ...['192.88.99.0/24', '240.0.0.0/4'],
    // IPv4-compatible; NAT64 of the site's own layout (RFC 8215): which IPv4 address is inside, only the site knows.
    ...['::/96', '64:ff9b:1::/48'],
    // Protocol assignments with Teredo and ORCHID, documentation, discard, site-local, segment routing.
    ...['2001::/23', '2001:db8::/32', '3fff::/20', '100::/64', 'fec0::/10', '5f00::/16'],
  ],
];

const NETWORKS: readonly { addressClass: AddressClass; network: Network }[] = TABLE.flatMap(
  ([addressClass, ...texts]) => texts.map((text) => ({ addressClass, network: network(text) })),
);

/** Global unicast, RFC 4291 section 2.4: outside of it nothing is given out. */
const GIVEN_OUT = network('2000::/3');

export function classOfAddress(address: Address): AddressClass {
  const listed = NETWORKS.find((row) => contains(row.network, address));
  if (listed) return listed.addressClass;
  const carried = carriedIpv4(address);
  if (carried) return classOfAddress(carried);
  return address.family === 4 || contains(GIVEN_OUT, address) ? 'public' : 'reserved';
}

/**
 * The class that a network speaks of: `127.0.0.0/8` of loopback, `0.0.0.0/0` of none. Who allows a wide network has not
 * thereby allowed this machine.
 */
export function classOfNetwork(of: Network): AddressClass | undefined {
  if (of.prefix === (of.family === 4 ? 32 : 128)) return classOfAddress(of);
  return NETWORKS.find((row) => contains(row.network, of))?.addressClass;
}

const LOOPBACK_NAMES = /^(.*\.)?localhost$|^(ip6-)?(localhost|loopback)$|^localhost6?(\.localdomain6?)?$/;
const METADATA_NAMES =
  /^metadata(\.google\.internal|\.goog|\.azure\.internal)?$|^instance-data(\.ec2\.internal)?$/;

/** Where only a proxy will resolve it: what is known of the name alone (RFC 6761 section 6.3). */
export function classOfName(name: string): AddressClass {
  if (LOOPBACK_NAMES.test(name)) return 'loopback';
  return METADATA_NAMES.test(name) ? 'metadata' : 'public';
}
