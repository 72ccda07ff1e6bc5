import type { WaybillRequest } from '../http/operation.ts';

const LOOPBACK = /^(127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/;
/** A page that a browser was lured to may come from loopback, but it names its own host. */
const LOOPBACK_HOST = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/i;
/** Set by proxies, whose connections come from loopback while their callers do not. */
const PROXY_HEADER = /^(forwarded|via|x-forwarded-.*|x-real-ip|x-client-ip)$/;

/**
 * Made on this machine itself, by a program that reached us directly. A proxy on this machine that adds no header of its own looks
 * the same: where one is known to be, or browsers come from elsewhere, nothing is local.
 */
export function isLocalRequest({
  headers,
  socket,
  peer,
}: Pick<WaybillRequest, 'headers' | 'socket' | 'peer'>): boolean {
  return (
    !peer.fronted &&
    LOOPBACK.test(socket.remoteAddress ?? '') &&
    LOOPBACK_HOST.test(headers.host ?? '') &&
    !Object.keys(headers).some((name) => PROXY_HEADER.test(name))
  );
}
