import { isIP, type LookupFunction, type NetConnectOpts, Socket } from 'node:net';
import { type ErrorCode, type Phase, TransferError } from '#domain';

export interface DialRequest {
  host: string;
  port: number;
  deadlineMs: number;
  phase: Phase;
  lookup?: LookupFunction | undefined;
  /** Our side stays open when the peer has ended: a TLS close_notify still has to go out. */
  allowHalfOpen?: boolean;
}

export interface Dialling {
  socket: Socket;
  /** Settles once; rejects with a TransferError and leaves the socket destroyed. */
  connected: Promise<void>;
}

/** Starts a TCP connection; the caller may do other things while it is being made. */
export function dial(request: DialRequest): Dialling {
  const { host, port, deadlineMs, phase, lookup, allowHalfOpen = false } = request;
  const socket = new Socket({ allowHalfOpen });
  const target: NetConnectOpts = {
    host,
    port,
    autoSelectFamily: isIP(host) === 0,
    ...(lookup ? { lookup } : {}),
  };
  socket.setNoDelay(true);
  const connected = new Promise<void>((resolve, reject) => {
    const refuse = (code: ErrorCode, detail: string, cause?: unknown) => {
      clearTimeout(timer);
      socket.off('error', onError);
      socket.on('error', () => {});
      socket.destroy();
      reject(new TransferError(code, { phase, detail, cause }));
    };
    const onError = (error: Error & { code?: string }) =>
      refuse(connectErrorCode(error.code), `${host}:${port}: ${error.code ?? 'connection failed'}`, error);
    const onClose = () => refuse('connection_lost', `${host}:${port}: given up before it was connected`);
    const timer = setTimeout(
      () => refuse('connect_timeout', `${host}:${port} did not answer within ${deadlineMs} ms`),
      deadlineMs,
    );
    socket.on('error', onError);
    socket.on('close', onClose);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', onError);
      socket.off('close', onClose);
      // Whoever takes the socket over listens for itself; in between, an error only closes it.
      socket.on('error', () => {});
      resolve();
    });
    socket.connect(target);
  });
  // A caller that is still waiting for a reply looks at it later.
  connected.catch(() => {});
  return { socket, connected };
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
