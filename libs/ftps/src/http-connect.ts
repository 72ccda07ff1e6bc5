import type { Socket } from 'node:net';
import type { ErrorCode } from '#domain';
import { printable } from './printable.ts';
import { ProxyRefusal, type RevealedProxy, readAnswer, type TunnelTarget } from './proxy.ts';
import { hostAndPort } from './socket-address.ts';

const MAX_HEADER_BYTES = 8192;
const HEADER_END = '\r\n\r\n';

/** HTTP/1.1 CONNECT (RFC 9110 section 9.3.6). */
export async function connectByHttp(
  socket: Socket,
  proxy: RevealedProxy,
  target: TunnelTarget,
): Promise<void> {
  const authority = hostAndPort(target.host, target.port);
  const lines = [`CONNECT ${authority} HTTP/1.1`, `Host: ${authority}`, ...credentials(proxy)];
  socket.write(`${lines.join('\r\n')}${HEADER_END}`);
  const conceal = concealer(proxy);
  await readAnswer(socket, (received) => readConnectAnswer(received, conceal));
}

/** Shorter ones would blank out what has nothing to do with them. */
const LEAST_CHARACTERS = 3;

/** A proxy may repeat what it was told; nobody else is to read it. Its text is one character a byte here. */
function concealer({ username, password }: RevealedProxy): (text: string) => string {
  if (password === undefined) return (text) => text;
  const secrets = [
    Buffer.from(`${username}:${password}`).toString('base64'),
    password,
    // Its status line ends where a line of the password does.
    ...password.split(/[\r\n]+/),
  ].filter((secret) => secret.length >= LEAST_CHARACTERS);
  const forms = secrets.flatMap((secret) => [Buffer.from(secret).toString('latin1'), secret]);
  return (text) => forms.reduce((kept, form) => kept.replaceAll(form, '****'), text);
}

/** RFC 7617; the user name ends at the first colon, so it cannot have one. */
function credentials({ username, password = '' }: RevealedProxy): string[] {
  if (username === undefined) return [];
  if (username.includes(':'))
    throw new ProxyRefusal('invalid_configuration', 'a user name with a colon cannot be told to it');
  return [`Proxy-Authorization: Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`];
}

/** Length of the answer that opens the tunnel; interim 1xx answers belong to it. Throws for every other answer. */
export function readConnectAnswer(
  received: Buffer,
  conceal: (text: string) => string = (text) => text,
): number | undefined {
  let start = 0;
  for (;;) {
    const text = received.toString('latin1', start, Math.min(received.length, MAX_HEADER_BYTES));
    const end = text.indexOf(HEADER_END);
    if (!'HTTP/1.'.startsWith(text.slice(0, 7))) throw notHttp(conceal(text));
    if (end === -1 && received.length >= MAX_HEADER_BYTES)
      throw new ProxyRefusal('protocol_violation', `its answer has no end within ${MAX_HEADER_BYTES} bytes`);
    if (end === -1) return undefined;
    const statusLine = text.slice(0, text.indexOf('\r\n'));
    const status = Number(/^HTTP\/1\.[01] (\d{3})(?: [^\r\n\0]*)?$/.exec(statusLine)?.[1] ?? Number.NaN);
    start += end + HEADER_END.length;
    // A 2xx answer has no body, whatever its headers say: the tunnel begins here.
    if (status >= 200 && status < 300) return start;
    if (!(status >= 100 && status < 200 && status !== 101)) throw refusalOf(status, conceal(statusLine));
  }
}

function refusalOf(status: number, statusLine: string): ProxyRefusal {
  const words = printable(statusLine, 200);
  if (Number.isNaN(status)) return notHttp(statusLine);
  // tinyproxy says 401 to a wrong password, which is the target's number.
  if (status === 407 || status === 401)
    return new ProxyRefusal(
      'invalid_configuration',
      `it wants a user name and password that it accepts: ${words}`,
    );
  return new ProxyRefusal(STATUS_CODES[status] ?? codeOfClass(status), `it answered ${words}`);
}

/** Squid says 503 where the target refused, 502 and 504 come from others. */
const STATUS_CODES: Record<number, ErrorCode> = {
  408: 'connection_lost',
  429: 'connection_lost',
  502: 'connect_refused',
  503: 'connect_refused',
  504: 'connect_timeout',
};

function codeOfClass(status: number): ErrorCode {
  if (status >= 500 && status < 600) return 'connection_lost';
  // Forbidden, not this port, go elsewhere: a person has to change something.
  return status >= 300 && status < 500 ? 'invalid_configuration' : 'protocol_violation';
}

function notHttp(text: string): ProxyRefusal {
  return new ProxyRefusal(
    'protocol_violation',
    `it does not speak HTTP/1.1: ${printable(text.slice(0, 80))}`,
  );
}
