import { isIPv4, isIPv6 } from 'node:net';

/** One spelling for an address as sockets tell it: IPv4 behind an IPv6 socket is IPv4, and the zone is our affair. */
export function plainAddress(address: string): string {
  const [withoutZone = address] = address.split('%');
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(withoutZone)?.[1];
  return mapped !== undefined && isIPv4(mapped) ? mapped : withoutZone;
}

/** The peer can be reached by IPv6 only: it gets EPSV and EPRT, never PASV and PORT. A name is not known to be. */
export function isIpv6Peer(host: string): boolean {
  return isIPv6(plainAddress(host));
}

/** `ftp.partner.example:21`, `[::1]:21`. */
export function hostAndPort(host: string, port: number): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}
