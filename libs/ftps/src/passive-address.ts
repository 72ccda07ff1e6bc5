import { BlockList, isIP, isIPv4 } from 'node:net';
import { TransferError } from '#domain';
import { ProtocolViolation } from './protocol-violation.ts';
import { type Reply, replyText } from './reply-reader.ts';
import { plainAddress } from './socket-address.ts';

const LOWEST_PORT = 1024;

/**
 * EPSV (RFC 2428 section 3): `(<d><d><d>port<d>)`, any delimiter of 33..126; the address is never stated. A digit
 * would be a delimiter too, but nobody can say where the port begins then.
 */
export function readExtendedPassive(reply: Reply): number {
  const match = /\(([!-/:-~])\1\1(\d{1,5})\1\)/.exec(reply.lines.at(-1) ?? '');
  return checkedPort(match?.[2], reply);
}

/** PASV: six numbers, found by scanning (RFC 1123 section 4.1.2.6): not every server writes parentheses. */
export function readPassive(reply: Reply): { address: string; port: number } {
  const text = (reply.lines.at(-1) ?? '').slice(3);
  const match = /(?<![\d,.-])(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3})(?!\d|,|\.\d)/.exec(
    text,
  );
  const numbers = match?.slice(1).map(Number) ?? [];
  if (numbers.length !== 6 || numbers.some((number) => number > 255))
    throw new ProtocolViolation(`not a passive address: ${replyText(reply)}`);
  const address = numbers.slice(0, 4).join('.');
  return { address, port: checkedPort(String(numbers[4]! * 256 + numbers[5]!), reply) };
}

/** Nothing there can be one machine's address: this network, multicast, reserved, broadcast (RFC 6890). */
const NOBODY = networks(['0.0.0.0/8', '224.0.0.0/4', '240.0.0.0/4']);
const LOOPBACK = networks(['127.0.0.0/8', '::1/128']);
/** Cloud metadata services live there. */
const LINK_LOCAL = networks(['169.254.0.0/16']);

/** CIDR networks, IPv4 or IPv6, as an endpoint states them. Throws `invalid_configuration`. */
export function readNetworks(cidrs: readonly string[]): BlockList {
  try {
    return networks(cidrs);
  } catch (cause) {
    const detail = `not a list of CIDR networks: ${cidrs.join(', ')}`;
    throw new TransferError('invalid_configuration', { phase: 'connect', detail, cause });
  }
}

function networks(cidrs: readonly string[]): BlockList {
  const list = new BlockList();
  for (const cidr of cidrs) {
    const [, address = '', prefix = ''] = /^([\da-fA-F.:]+)\/(\d{1,3})$/.exec(cidr) ?? [];
    list.addSubnet(address, Number.parseInt(prefix, 10), familyOf(address));
  }
  return list;
}

/**
 * Where to dial. `control_host` never trusts the server's word (SSRF, port scans, NAT mistakes: CVE-2020-8284
 * and its kin); `advertised` is the endpoint's explicit permission, for `allowed` networks or, without that list, for
 * every machine that is neither this one nor link-local. `controlPeer` is a name where only a proxy knows the address.
 */
export function dataAddress(
  policy: 'control_host' | 'advertised',
  controlPeer: string,
  advertised: string | null,
  allowed?: BlockList,
): { address: string; ignored: string | null } {
  const peer = plainAddress(controlPeer);
  if (advertised === null || advertised === peer) return { address: controlPeer, ignored: null };
  if (policy === 'control_host') return { address: controlPeer, ignored: advertised };
  if (!isIPv4(advertised) || NOBODY.check(advertised) || !permits(advertised, peer, allowed))
    throw new ProtocolViolation(`advertised data address ${advertised} may not be dialled`);
  return { address: advertised, ignored: null };
}

function permits(advertised: string, peer: string, allowed: BlockList | undefined): boolean {
  if (allowed) return allowed.check(advertised);
  if (LINK_LOCAL.check(advertised)) return false;
  return !LOOPBACK.check(advertised) || (isIP(peer) !== 0 && LOOPBACK.check(peer, familyOf(peer)));
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv4(address) ? 'ipv4' : 'ipv6';
}

function checkedPort(text: string | undefined, reply: Reply): number {
  const port = text === undefined ? Number.NaN : Number(text);
  if (!(port >= LOWEST_PORT && port <= 65_535))
    throw new ProtocolViolation(`not an acceptable data port: ${replyText(reply)}`);
  return port;
}
