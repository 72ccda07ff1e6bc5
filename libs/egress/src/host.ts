import { domainToASCII } from 'node:url';
import { type Address, readIpv4, readIpv6, unmapped, writeAddress } from './address.ts';

/** What a text in the place of a host means. */
export type Host =
  | { kind: 'address'; address: Address }
  /** In ASCII, lower case, without the final dot. */
  | { kind: 'name'; name: string }
  | { kind: 'invalid'; because: string };

const MAX_NAME_LENGTH = 253;

/** The one reader of hosts: whatever a resolver, a proxy or a URL parser would make of the text, this says so. */
export function readHost(text: string): Host {
  const inner = /^\[(.*)\]$/.exec(text)?.[1];
  const bare = inner ?? text;
  if (inner !== undefined || text.includes(':')) {
    const address = readIpv6(bare);
    return address ? { kind: 'address', address: unmapped(address) } : invalid('is not an IPv6 address');
  }
  // Before IDNA, which drops line ends and reads on to the next slash.
  if (/[^\w.-]/.test(text.replace(/[^\p{ASCII}]/gu, ''))) return invalid('is not a host name');
  // IDNA also turns full-width digits and dots of other scripts into what they stand for.
  const ascii = /^\p{ASCII}*$/u.test(text) ? text : domainToASCII(text);
  const name = ascii.toLowerCase().replace(/\.$/, '');
  const labels = name.split('.');
  if (/^(\d+|0x[\da-f]*)$/.test(labels.at(-1) ?? '')) return readNumbers(name);
  if (name.length > MAX_NAME_LENGTH || !labels.every((label) => /^[a-z\d_-]{1,63}$/.test(label)))
    return invalid('is not a host name');
  return { kind: 'name', name };
}

/** No top-level domain is a number, so what ends in one is an address or nothing. */
function readNumbers(text: string): Host {
  const reading = readIpv4(text);
  if (reading.kind === 'address') return reading;
  return invalid(
    reading.kind === 'ambiguous'
      ? 'has a number with a zero in front, which some read as octal and others do not'
      : 'is not an IPv4 address',
  );
}

/** One spelling for every host; undefined for what is none. Doing it twice changes nothing. */
export function normaliseHost(text: string): string | undefined {
  const host = readHost(text);
  if (host.kind === 'invalid') return undefined;
  return host.kind === 'name' ? host.name : writeAddress(host.address);
}

function invalid(because: string): Host {
  return { kind: 'invalid', because };
}
