import { isIPv6 } from 'node:net';

/** An IP address as a number; its spelling is gone. */
export interface Address {
  family: 4 | 6;
  value: bigint;
}

/** What a text in the place of an IPv4 address means. */
export type Ipv4Reading =
  | { kind: 'address'; address: Address }
  /** `010.0.0.1`: 8.0.0.1 to some, 10.0.0.1 to others. */
  | { kind: 'ambiguous' }
  | { kind: 'invalid' };

/**
 * Every spelling that getaddrinfo and URL parsers take for IPv4: one to four numbers, decimal, octal or hexadecimal, the
 * last of which fills the rest (inet_aton; the "ends in a number" rule of the URL standard).
 */
export function readIpv4(text: string): Ipv4Reading {
  const parts = text.split('.');
  if (parts.length > 4) return { kind: 'invalid' };
  const numbers: number[] = [];
  for (const part of parts) {
    const number = readNumber(part);
    if (number === undefined) return { kind: 'invalid' };
    if (number === 'ambiguous') return { kind: 'ambiguous' };
    numbers.push(number);
  }
  const last = numbers.pop()!;
  const lastBytes = 4 - numbers.length;
  if (numbers.some((number) => number > 255) || last >= 256 ** lastBytes) return { kind: 'invalid' };
  const front = numbers.reduce((value, number) => value * 256 + number, 0);
  return { kind: 'address', address: ipv4(BigInt(front) * 256n ** BigInt(lastBytes) + BigInt(last)) };
}

function readNumber(part: string): number | 'ambiguous' | undefined {
  if (part.length > 40) return undefined;
  if (/^0x[\da-f]*$/i.test(part)) return part.length === 2 ? 0 : Number(part);
  if (!/^\d+$/.test(part)) return undefined;
  if (/^0\d+$/.test(part) && !/^0+[1-7]?$/.test(part)) return 'ambiguous';
  return Number(part);
}

/** Any text that Node takes for IPv6, with or without a zone; undefined where it does not. */
export function readIpv6(text: string): Address | undefined {
  const [plain = ''] = text.split('%');
  if (!isIPv6(text) || !isIPv6(plain)) return undefined;
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(plain);
  const [, before = '', ...bytes] = dotted ?? [];
  const [a = 0, b = 0, c = 0, d = 0] = bytes.map(Number);
  const hex = dotted ? `${before}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}` : plain;
  const [front = '', back] = hex.split('::');
  const first = groups(front);
  const rest = groups(back ?? '');
  const zeros = Array<string>(8 - first.length - rest.length).fill('0');
  const value = [...first, ...zeros, ...rest].reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
  return { family: 6, value };
}

const groups = (text: string) => (text === '' ? [] : text.split(':'));

/** An address as sockets and resolvers tell it. IPv4 behind IPv6 (`::ffff:127.0.0.1`) is IPv4. */
export function readAddress(text: string): Address | undefined {
  if (text.includes(':')) {
    const address = readIpv6(text);
    return address && unmapped(address);
  }
  const reading = readIpv4(text);
  return reading.kind === 'address' ? reading.address : undefined;
}

/** RFC 4291 section 2.5.5.2: packets to it are IPv4 packets. */
export function unmapped(address: Address): Address {
  const { family, value } = address;
  return family === 6 && value >> 32n === 0xffffn ? ipv4(value & 0xffff_ffffn) : address;
}

/** The one spelling: RFC 5952 for IPv6. */
export function writeAddress({ family, value }: Address): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.');
  const hex = Array.from({ length: 8 }, (_, index) =>
    ((value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16),
  );
  return new URL(`http://[${hex.join(':')}]`).hostname.slice(1, -1);
}

/** Ways to write an IPv4 address into an IPv6 address so that some router or gateway sends the packet there. */
const CARRIERS: readonly { matches: (value: bigint) => boolean; ipv4: (value: bigint) => bigint }[] = [
  // IPv4-mapped, RFC 4291 section 2.5.5.2.
  { matches: (value) => value >> 32n === 0xffffn, ipv4: (value) => value },
  // IPv4-compatible, deprecated, RFC 4291 section 2.5.5.1.
  { matches: (value) => value >> 32n === 0n && value > 1n, ipv4: (value) => value },
  // NAT64 by its well-known prefix 64:ff9b::/96, RFC 6052 section 2.1.
  { matches: (value) => value >> 32n === 0x0064_ff9b_0000_0000_0000_0000n, ipv4: (value) => value },
  // IPv4-translated ::ffff:0:0:0/96, RFC 2765.
  { matches: (value) => value >> 32n === 0xffff_0000n, ipv4: (value) => value },
  // 6to4 2002::/16, RFC 3056.
  { matches: (value) => value >> 112n === 0x2002n, ipv4: (value) => value >> 80n },
  // Teredo 2001::/32: the client's address with every bit turned, RFC 4380 section 4.
  { matches: (value) => value >> 96n === 0x2001_0000n, ipv4: (value) => value ^ 0xffff_ffffn },
  // ISATAP: an interface identifier of 0000:5efe or 0200:5efe, RFC 5214 section 6.1.
  { matches: (value) => ((value >> 32n) & 0xfdff_ffffn) === 0x5efen, ipv4: (value) => value },
];

/** The IPv4 address inside an IPv6 address; undefined where there is none. */
export function carriedIpv4({ family, value }: Address): Address | undefined {
  if (family === 4) return undefined;
  const carrier = CARRIERS.find(({ matches }) => matches(value));
  return carrier && ipv4(carrier.ipv4(value) & 0xffff_ffffn);
}

function ipv4(value: bigint): Address {
  return { family: 4, value };
}
