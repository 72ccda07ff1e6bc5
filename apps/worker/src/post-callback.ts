import { request as overTcp } from 'node:http';
import { request as overTls } from 'node:https';
import { isIPv6, type LookupFunction } from 'node:net';
import type { CallbackTry } from '#audit';
import type { Egress } from '#egress';

/** Everything together: name, connection, TLS, the receiver's work. */
const DEADLINE_MS = 10_000;

/**
 * One try. Only addresses that the policy allows are dialled, and those without asking the name again; redirects are answers
 * like others. Of the answer nothing but its status is read.
 */
export async function postCallback(
  egress: Pick<Egress, 'checkHost'>,
  { url, headers, body }: { url: string; headers: Record<string, string>; body: string },
  stopping: AbortSignal,
  deadlineMs = DEADLINE_MS,
): Promise<CallbackTry> {
  const target = new URL(url);
  const secure = target.protocol === 'https:';
  const host = target.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = target.port === '' ? (secure ? 443 : 80) : Number(target.port);
  const checked = await egress.checkHost(host, port);
  if (!checked.allowed) return { status: null, error: `not called: ${checked.because}` };
  if (checked.addresses.length === 0) return { status: null, error: `${host} does not resolve` };
  const signal = AbortSignal.any([stopping, AbortSignal.timeout(deadlineMs)]);
  const { promise, resolve } = Promise.withResolvers<CallbackTry>();
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
  asked.on('error', (error: NodeJS.ErrnoException) =>
    resolve({ status: null, error: signal.aborted ? 'no answer in time' : (error.code ?? error.message) }),
  );
  asked.end(body);
  return promise;
}

function onlyTo(addresses: readonly string[]): LookupFunction {
  const known = addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
  return (_, options, callback) =>
    options.all ? callback(null, known) : callback(null, known[0]!.address, known[0]!.family);
}
