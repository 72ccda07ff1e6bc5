import { type Address, readIpv4, readIpv6, unmapped, writeAddress } from './address.ts';

/** Addresses with the same first bits. */
export interface Network {
  family: 4 | 6;
  value: bigint;
  prefix: number;
}

const bitsOf = (family: 4 | 6) => (family === 4 ? 32 : 128);

/** `10.0.0.0/8`, `2001:db8::/32`, or one address in its usual spelling. Says what is wrong with it otherwise. */
export function readNetwork(text: string): Network | { problem: string } {
  const [, address = text, prefixText] = /^([^/]*)\/(\d{1,3})$/.exec(text) ?? [];
  const at = usualAddress(address);
  if (!at) return { problem: 'is not a network like 10.1.0.0/16 or 2001:db8::/32' };
  const bits = bitsOf(at.family);
  const prefix = prefixText === undefined ? bits : Number(prefixText);
  if (prefix > bits) return { problem: `has a prefix longer than ${bits}` };
  const network = { ...at, prefix };
  if (!contains(network, at) || maskOf(network) !== at.value)
    return { problem: `has bits set beyond its prefix of ${prefix}` };
  return network;
}

/** Four decimal numbers, or IPv6 without a zone: who writes a rule writes it plainly. */
function usualAddress(text: string): Address | undefined {
  if (text.includes(':')) {
    const address = text.includes('%') ? undefined : readIpv6(text);
    // An IPv4 address behind IPv6 would be compared with neither.
    return address && unmapped(address) === address ? address : undefined;
  }
  const reading = /^\d{1,3}(\.\d{1,3}){3}$/.test(text) ? readIpv4(text) : undefined;
  return reading?.kind === 'address' ? reading.address : undefined;
}

/** As `readNetwork` reads it: one address without its prefix. */
export function writeNetwork({ family, value, prefix }: Network): string {
  const address = writeAddress({ family, value });
  return prefix === bitsOf(family) ? address : `${address}/${prefix}`;
}

/** For constants. */
export function network(text: string): Network {
  const read = readNetwork(text);
  if ('problem' in read) throw new TypeError(`${text} ${read.problem}`);
  return read;
}

export function contains(outer: Network, inner: Address | Network): boolean {
  const innerPrefix = 'prefix' in inner ? inner.prefix : bitsOf(inner.family);
  if (outer.family !== inner.family || innerPrefix < outer.prefix) return false;
  const shift = BigInt(bitsOf(outer.family) - outer.prefix);
  return outer.value >> shift === inner.value >> shift;
}

function maskOf({ family, value, prefix }: Network): bigint {
  const shift = BigInt(bitsOf(family) - prefix);
  return (value >> shift) << shift;
}
