import { request as overTcp } from 'node:http';
import { request as overTls } from 'node:https';
import { isIPv6, type LookupFunction } from 'node:net';
import type { CallbackTry } from '#audit';
import type { Egress } from '#egress';

/** Everything together: name, connection, TLS, the receiver's work. */
const DEADLINE_MS = 10_000;

export interface CallbackMessage {
  url: string;
  headers: Record<string, string>;
  body: string;
  publicOnly?: boolean | undefined;
}

/** What was met on the way is for the worker's log: who named the address learns nothing of what lives inside. */
export interface CallbackOutcome extends CallbackTry {
  reason?: string;
}

/**
 * One try. Only addresses that the policy allows are dialled, and those without asking the name again; redirects are answers
 * like others. Of the answer nothing but its status is read.
 */
export async function postCallback(
  egress: Pick<Egress, 'checkHost'>,
  { url, headers, body, publicOnly = false }: CallbackMessage,
  stopping: AbortSignal,
  deadlineMs = DEADLINE_MS,
): Promise<CallbackOutcome> {
  const target = new URL(url);
  const secure = target.protocol === 'https:';
  const host = target.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = target.port === '' ? (secure ? 443 : 80) : Number(target.port);
  const signal = AbortSignal.any([stopping, AbortSignal.timeout(deadlineMs)]);
  const checked = await egress.checkHost(host, port, { publicOnly });
  if (!checked.allowed) return { status: null, error: 'refused_by_policy', reason: checked.because };
  if (checked.addresses.length === 0) return unreachable(`${host} does not resolve`);
  const { promise, resolve } = Promise.withResolvers<CallbackOutcome>();
  const asked = (secure ? overTls : overTcp)(
    {
      host,
      port,
      path: `${target.pathname}${target.search}`,
      method: 'POST',
      headers: {
        ...headers,
        host: target.host,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        'user-agent': 'Waybill',
      },
      agent: false,
      lookup: onlyTo(checked.addresses),
      signal,
    },
    (response) => {
      resolve({ status: response.statusCode ?? null, error: null });
      response.destroy();
    },
  );
  // 101: neither an answer nor an error, and the socket is ours.
  asked.on('upgrade', (response, socket) => {
    resolve({ status: response.statusCode ?? null, error: null });
    socket.destroy();
  });
  asked.on('error', (error: NodeJS.ErrnoException) =>
    resolve(unreachable(signal.aborted ? 'no answer in time' : (error.code ?? error.message))),
  );
  // Whatever else happens to it, it has ended.
  asked.on('close', () => resolve(unreachable('the connection was closed without an answer')));
  asked.end(body);
  return promise;
}

function unreachable(reason: string): CallbackOutcome {
  return { status: null, error: 'unreachable', reason };
}

function onlyTo(addresses: readonly string[]): LookupFunction {
  const known = addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
  return (_, options, callback) =>
    options.all ? callback(null, known) : callback(null, known[0]!.address, known[0]!.family);
}
