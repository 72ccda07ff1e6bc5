import { isIP, type Socket } from 'node:net';
import { domainToASCII } from 'node:url';
import { connectByHttp } from './http-connect.ts';
import { ProxyRefusal, type RevealedProxy, type TunnelTarget } from './proxy.ts';
import { plainAddress } from './socket-address.ts';
import { connectBySocks } from './socks-connect.ts';

/**
 * Makes a connection to the proxy a connection to the target. Names are resolved by the proxy. What the target said
 * already is put back into the socket. Rejects with a ProxyRefusal; deadline and lost connections are the dialler's.
 */
export async function openTunnel(socket: Socket, proxy: RevealedProxy, target: TunnelTarget): Promise<void> {
  const named = { host: tunnelHost(target.host), port: target.port };
  if (proxy.kind === 'socks5') await connectBySocks(socket, proxy, named);
  else await connectByHttp(socket, proxy, named);
}

/** Nothing that could end a line or mean something else to the proxy. */
function tunnelHost(host: string): string {
  if (isIP(host) !== 0) return plainAddress(host);
  const name = /^[\w.-]+$/.test(host) ? host : domainToASCII(host);
  if (name === '' || name.length > 253)
    throw new ProxyRefusal('invalid_configuration', 'not a host name that a proxy can be asked for');
  return name;
}
