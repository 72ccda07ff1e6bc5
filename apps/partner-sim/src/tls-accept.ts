import type { Socket } from 'node:net';
import { type SecureContext, TLSSocket } from 'node:tls';

/** One handshake as this server saw it. */
export interface SeenHandshake {
  channel: 'control' | 'data';
  protocol: string | null;
  cipher: string;
  resumed: boolean;
}

/** Rejects when the client gives up; the socket is destroyed then. */
export function acceptTls(socket: Socket, secureContext: SecureContext): Promise<TLSSocket> {
  const secured = new TLSSocket(socket, { isServer: true, secureContext, requestCert: false });
  return new Promise((resolve, reject) => {
    const fail = (error?: Error) => {
      secured.destroy();
      reject(error ?? new Error('the client closed during the handshake'));
    };
    secured.once('secure', () => {
      secured.off('error', fail);
      secured.off('close', fail);
      secured.on('error', () => secured.destroy());
      resolve(secured);
    });
    secured.once('error', fail);
    secured.once('close', fail);
  });
}

export function describe(channel: SeenHandshake['channel'], secured: TLSSocket): SeenHandshake {
  return {
    channel,
    protocol: secured.getProtocol(),
    cipher: secured.getCipher().name,
    resumed: secured.isSessionReused(),
  };
}
