import type { Socket } from 'node:net';
import type { ErrorCode, FtpsEndpoint, ProxyPolicy } from '#domain';
import { hostAndPort } from './socket-address.ts';

/** The endpoint's proxy with its password in hand, for one session. */
export type RevealedProxy = Omit<ProxyPolicy, 'password'> & { password?: string | undefined };

/** The endpoint's proxy with its secret. */
export function revealedProxy(
  { proxy }: FtpsEndpoint,
  password: string | undefined,
): RevealedProxy | undefined {
  return proxy && { ...proxy, password };
}

/** Where the tunnel leads: an address, or a name in ASCII that the proxy resolves. */
export interface TunnelTarget {
  host: string;
  port: number;
}

/** Why a proxy gave us no tunnel. Whoever dials makes a TransferError of it; the password is in neither. */
export class ProxyRefusal extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, detail: string) {
    super(detail);
    this.name = 'ProxyRefusal';
    this.code = code;
  }
}

/** As errors name it. */
export function proxyName({ kind, host, port }: RevealedProxy): string {
  return `${kind} proxy ${hostAndPort(host, port)}`;
}

/** What the proxy has answered so far: its whole answer's length, or undefined while more has to come. */
export type AnswerReader = (received: Buffer) => number | undefined;

/** Reads up to the end of the proxy's answer, and not one byte of the target's. */
export function readAnswer(socket: Socket, read: AnswerReader): Promise<void> {
  return new Promise((resolve, reject) => {
    let received: Buffer = Buffer.alloc(0);
    const onReadable = () => {
      for (let chunk = socket.read(); chunk !== null; chunk = socket.read()) {
        received = Buffer.concat([received, chunk]);
        try {
          const length = read(received);
          if (length === undefined) continue;
          socket.off('readable', onReadable);
          if (received.length > length) socket.unshift(received.subarray(length));
          resolve();
        } catch (error) {
          socket.off('readable', onReadable);
          reject(error);
        }
        return;
      }
    };
    // Not 'data': pausing afterwards would hold back the bytes from a later listener.
    socket.on('readable', onReadable);
  });
}
