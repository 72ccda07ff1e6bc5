import type { Request } from 'express';

const LOOPBACK = /^(127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/;
/** A page that a browser was lured to may come from loopback, but it names its own host. */
const LOOPBACK_HOST = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/i;
/** Set by proxies, whose connections come from loopback while their callers do not. */
const PROXY_HEADERS = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'];

/** Made on this machine itself, by a program that reached us directly. */
export function isLocalRequest(request: Pick<Request, 'headers' | 'socket'>): boolean {
  const { headers, socket } = request;
  return (
    LOOPBACK.test(socket.remoteAddress ?? '') &&
    LOOPBACK_HOST.test(headers.host ?? '') &&
    !PROXY_HEADERS.some((name) => headers[name] !== undefined)
  );
}
