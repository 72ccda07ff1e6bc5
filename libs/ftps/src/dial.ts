import { isIP, type LookupFunction, type NetConnectOpts, Socket } from 'node:net';
import { type ErrorCode, type Phase, TransferError } from '#domain';
import {
  checkedLookup,
  type Destination,
  type DestinationCheck,
  DestinationRefused,
} from './checked-destination.ts';
import { openTunnel } from './open-tunnel.ts';
import { ProxyRefusal, proxyName, type RevealedProxy } from './proxy.ts';
import { hostAndPort } from './socket-address.ts';

export interface DialRequest {
  host: string;
  port: number;
  /** Absolute, over everything: name, TCP, the proxy's own dialogue. */
  deadlineMs: number;
  phase: Phase;
  lookup?: LookupFunction | undefined;
  /** Our side stays open when the peer has ended: a TLS close_notify still has to go out. */
  allowHalfOpen?: boolean;
  /** The way to the host; it resolves the host's name too. The socket's `remoteAddress` is the proxy's then. */
  proxy?: RevealedProxy | undefined;
  /** Asked about every address before it is dialled, and about what a proxy is asked for. */
  check?: DestinationCheck | undefined;
  channel: Destination['channel'];
  /** The configured name that `host` is an address of, for the check. */
  hostName?: string | undefined;
}

/** A TCP connection being made, by whoever begins it. */
export interface Dialling {
  /** Settles once; rejects with a TransferError and leaves nothing open. */
  connected: Promise<Socket>;
  /** Gives up, or cuts what is connected already. */
  destroy(): void;
}

/** Starts a TCP connection; the caller may do other things while it is being made. */
export function dial(request: DialRequest): Dialling {
  const { deadlineMs, phase, allowHalfOpen = false, proxy } = request;
  const target = hostAndPort(request.host, request.port);
  const where = proxy ? `${target} through ${proxyName(proxy)}` : target;
  const first = proxy ?? request;
  const socket = new Socket({ allowHalfOpen });
  const way: NetConnectOpts = {
    host: first.host,
    port: first.port,
    autoSelectFamily: isIP(first.host) === 0,
    ...lookupFor(request),
  };
  socket.setNoDelay(true);
  const connected = new Promise<Socket>((resolve, reject) => {
    const settle = () => {
      clearTimeout(timer);
      socket.off('error', onError);
      socket.off('close', onClose);
      socket.off('end', onEnd);
      // Whoever takes the socket over listens for itself; in between, an error only closes it.
      socket.on('error', () => {});
    };
    const refuse = (code: ErrorCode, detail: string, cause?: unknown) => {
      settle();
      socket.destroy();
      reject(new TransferError(code, { phase, detail, cause }));
    };
    const succeed = () => {
      settle();
      resolve(socket);
    };
    const onError = (error: Error & { code?: string }) => {
      if (error instanceof DestinationRefused) return refuse('egress_refused', error.message);
      const party = proxy ? proxyName(proxy) : target;
      refuse(connectErrorCode(error.code), `${party}: ${error.code ?? 'connection failed'}`, error);
    };
    const onClose = () => refuse('connection_lost', `${where}: given up before it was connected`);
    const onEnd = () => refuse('connection_lost', `${where}: the proxy closed the connection`);
    const timer = setTimeout(
      () => refuse('connect_timeout', `${where} did not answer within ${deadlineMs} ms`),
      deadlineMs,
    );
    socket.on('error', onError);
    socket.on('close', onClose);
    socket.once('connect', () => {
      if (!proxy) return succeed();
      socket.on('end', onEnd);
      openTunnel(socket, proxy, request).then(succeed, (thrown: unknown) => {
        if (thrown instanceof ProxyRefusal) refuse(thrown.code, `${where}: ${thrown.message}`);
        else refuse('internal', `${where}: the tunnel could not be made`, thrown);
      });
    });
    const refusal = refusalOfKnown(request);
    if (refusal === undefined) socket.connect(way);
    else refuse('egress_refused', refusal);
  });
  // A caller that is still waiting for a reply looks at it later.
  connected.catch(() => {});
  return { connected, destroy: () => socket.destroy() };
}

/** What is dialled first: the proxy, or the host itself. */
function firstHop({ host, hostName, port, channel, proxy }: DialRequest): Omit<Destination, 'address'> {
  if (proxy) return { host: proxy.host, port: proxy.port, channel: 'control' };
  return { host: hostName ?? host, port, channel };
}

/** Why not, as far as it can be said without a name's addresses. */
export function refusalOfKnown(request: DialRequest): string | undefined {
  const { host, hostName, port, channel, proxy, check } = request;
  if (!check) return undefined;
  const asked = literal(host);
  const throughProxy = proxy && check({ host: hostName ?? host, port, channel, address: asked });
  if (throughProxy !== undefined) return throughProxy;
  const address = literal((proxy ?? request).host);
  return address === undefined ? undefined : check({ ...firstHop(request), address });
}

function lookupFor(request: DialRequest): { lookup?: LookupFunction } {
  const { check, lookup } = request;
  if (check) return { lookup: checkedLookup(lookup, (address) => check({ ...firstHop(request), address })) };
  return lookup ? { lookup } : {};
}

function literal(host: string): string | undefined {
  return isIP(host) === 0 ? undefined : host;
}

function connectErrorCode(code: string | undefined): ErrorCode {
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAI_NODATA':
    case 'EAI_NONAME':
    case 'EAI_FAIL':
    case 'ENODATA':
      return 'dns_not_found';
    case 'ECONNREFUSED':
      return 'connect_refused';
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'connect_timeout';
    default:
      return 'connection_lost';
  }
}
