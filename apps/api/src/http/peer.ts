import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { HttpConfig } from '#config';
import { contains, readAddress, writeAddress } from '#egress';

/** Who is at the other end, as far as somebody trusted says so. */
export interface Peer {
  /** The client's; where nobody trusted names one, that of the connection. `unknown` when it is gone already. */
  address: string;
  /** What the client speaks with the proxy that it reached first; undefined where no trusted proxy says so. */
  scheme: 'http' | 'https' | undefined;
  /** Somebody stands in front of this api: whatever comes from this machine may be anybody's. */
  fronted: boolean;
  /** How a page of ours may call itself: what its browser sends as Origin. */
  readonly origins: readonly string[];
}

type Asked = Pick<IncomingMessage, 'headers' | 'socket'>;

/**
 * Everybody can write X-Forwarded-For; it is read from the right, entry by entry, as long as each was written by a trusted
 * proxy. What stands left of the first stranger is his own claim, and nobody's address.
 */
export function findPeer(
  { headers, socket }: Asked,
  { trustedProxies, publicUrl }: Pick<HttpConfig, 'trustedProxies' | 'publicUrl'>,
): Peer {
  const isTrusted = (text: string) => {
    const address = readAddress(text);
    return address !== undefined && trustedProxies.some((network) => contains(network, address));
  };
  const connection = usualSpelling(socket.remoteAddress ?? '') ?? 'unknown';
  const said = listOf(headers, 'x-forwarded-for');
  let address = connection;
  let hops = 0;
  while (isTrusted(address)) {
    const before = readEntry(said.at(-hops - 1));
    // It names nobody: then all that is known is the proxy.
    if (before === undefined) break;
    address = before;
    hops++;
  }
  const scheme = isTrusted(connection) ? schemeAt(listOf(headers, 'x-forwarded-proto'), hops) : undefined;
  return {
    address,
    scheme,
    fronted: trustedProxies.length > 0 || publicUrl !== undefined,
    // Only browsers are asked for it.
    get origins() {
      return originsOf(headers.host, scheme, publicUrl);
    },
  };
}

/** Proxies either overwrite it, or add theirs on the right as they do with the addresses. */
function schemeAt(said: readonly string[], hops: number): Peer['scheme'] {
  const value = said.length === 1 ? said[0] : said.at(-Math.max(hops, 1));
  return value === 'http' || value === 'https' ? value : undefined;
}

/** Behind a proxy that ends TLS and is not trusted we do not see the scheme: SameSite counts it (RFC 6265bis, 5.2). */
function originsOf(
  host: string | undefined,
  scheme: Peer['scheme'],
  publicUrl: URL | undefined,
): readonly string[] {
  const schemes = scheme === undefined ? ['http', 'https'] : [scheme];
  const asked =
    host !== undefined && PLAIN_HOST.test(host)
      ? schemes.map((name) => `${name}://${host}`).filter((text) => URL.canParse(text))
      : [];
  return [...(publicUrl ? [publicUrl.origin] : []), ...asked.map((text) => new URL(text).origin)];
}

/** Nothing that a URL would read as a name and password, or as a path. */
const PLAIN_HOST = /^[A-Za-z0-9.[\]:_-]{1,255}$/;

function listOf(headers: IncomingHttpHeaders, name: string): string[] {
  const value = headers[name];
  const text = Array.isArray(value) ? value.join(',') : (value ?? '');
  return text === '' ? [] : text.split(',').map((entry) => entry.trim());
}

/** `203.0.113.9`, `2001:db8::7`; some proxies write the port behind it, IPv6 then in brackets. */
function readEntry(entry = ''): string | undefined {
  const [, withPort] =
    /^(?:\[([^\]]*)\](?::\d{1,5})?)$/.exec(entry) ?? /^([\d.]+):\d{1,5}$/.exec(entry) ?? [];
  return usualSpelling(withPort ?? entry);
}

/** One address has one spelling, so that one client has one bucket; IPv4 behind IPv6 is IPv4. */
function usualSpelling(text: string): string | undefined {
  const [plain = ''] = text.split('%');
  const address = isIP(plain) === 0 ? undefined : readAddress(plain);
  return address && writeAddress(address);
}
