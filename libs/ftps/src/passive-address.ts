import { isIPv4 } from 'node:net';
import { ProtocolViolation } from './protocol-violation.ts';
import { type Reply, replyText } from './reply-reader.ts';

const LOWEST_PORT = 1024;

/** EPSV (RFC 2428 section 3): `(<d><d><d>port<d>)`, any delimiter of 33..126; the address is never stated. */
export function readExtendedPassive(reply: Reply): number {
  const match = /\(([!-~])\1\1(\d{1,5})\1\)/.exec(reply.lines.at(-1) ?? '');
  return checkedPort(match?.[2], reply);
}

/** PASV: six numbers, found by scanning (RFC 1123 section 4.1.2.6): not every server writes parentheses. */
export function readPassive(reply: Reply): { address: string; port: number } {
  const text = (reply.lines.at(-1) ?? '').slice(3);
  const match = /(?<![\d,.-])(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3})(?![\d,.])/.exec(
    text,
  );
  const numbers = match?.slice(1).map(Number) ?? [];
  if (numbers.length !== 6 || numbers.some((number) => number > 255))
    throw new ProtocolViolation(`not a passive address: ${replyText(reply)}`);
  const address = numbers.slice(0, 4).join('.');
  return { address, port: checkedPort(String(numbers[4]! * 256 + numbers[5]!), reply) };
}

/**
 * Where to dial. `control_host` never trusts the server's word (SSRF, port scans, NAT mistakes: CVE-2020-8284
 * and its kin); `advertised` is the endpoint's explicit permission.
 */
export function dataAddress(
  policy: 'control_host' | 'advertised',
  controlPeer: string,
  advertised: string | null,
): { address: string; ignored: string | null } {
  if (advertised === null || sameAddress(advertised, controlPeer))
    return { address: controlPeer, ignored: null };
  if (policy === 'control_host') return { address: controlPeer, ignored: advertised };
  if (!isIPv4(advertised) || /^(0|22[4-9]|2[3-5]\d)\./.test(advertised))
    throw new ProtocolViolation(`advertised data address ${advertised} cannot be dialled`);
  return { address: advertised, ignored: null };
}

function sameAddress(advertised: string, controlPeer: string): boolean {
  return advertised === controlPeer || `::ffff:${advertised}` === controlPeer;
}

function checkedPort(text: string | undefined, reply: Reply): number {
  const port = text === undefined ? Number.NaN : Number(text);
  if (!(port >= LOWEST_PORT && port <= 65_535))
    throw new ProtocolViolation(`not an acceptable data port: ${replyText(reply)}`);
  return port;
}
