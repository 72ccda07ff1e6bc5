import { isIP } from 'node:net';
import type { FtpsEndpoint, TransferError } from '#domain';
import { printable } from '../printable.ts';
import type { Reply } from '../reply-reader.ts';
import { hostAndPort } from '../socket-address.ts';
import { enumerate, failed, type Judgement, note, ok, warning } from './notebook.ts';

export interface NameFacts {
  host: string;
  addresses: readonly string[];
  error: TransferError | undefined;
}

export function judgeName({ host, addresses, error }: NameFacts): Judgement {
  if (error) return failed(`${host}: ${error.sentence}`);
  if (isIP(host)) return ok(`${host} is an address; there is no name to resolve.`);
  return ok(`${host} is ${enumerate(addresses)}.`);
}

export interface TcpFacts {
  host: string;
  port: number;
  /** One for each address, in the order they were tried. */
  tries: readonly { address: string; ms: number; error: TransferError | undefined }[];
  /** `socks5 proxy 10.0.0.1:1080`: the way there, where there is a proxy. */
  proxy: string | undefined;
}

export function judgeTcp({ host, port, tries, proxy }: TcpFacts): Judgement {
  const open = tries.filter(({ error }) => !error);
  const closed = tries.filter(({ error }) => error);
  const through = proxy ? ` through ${proxy}` : '';
  if (open.length === 0) {
    const error = closed[0]?.error;
    // Which rule it was is known to nobody else.
    const says = error?.code === 'egress_refused' ? sentenceOf(error) : error?.sentence;
    return failed(`${hostAndPort(host, port)}${through}: ${says ?? 'nothing answers.'}`);
  }
  const times = enumerate(open.map(({ address, ms }) => `${address} in ${Math.round(ms)} ms`));
  if (closed.length === 0) return ok(`Port ${port} answers${through}: ${times}.`);
  const silent = enumerate(closed.map(({ address }) => address));
  return warning(
    `Port ${port} answers: ${times}; but not at ${silent}, which the name has too. Sessions may lose time there; ask the partner.`,
  );
}

export interface BannerFacts {
  mode: FtpsEndpoint['mode'];
  greeting: Reply | undefined;
  error: TransferError | undefined;
  /** What the same port does when it is spoken to the other way: TLS at once, or a greeting in clear. */
  otherMode: 'explicit' | 'implicit' | undefined;
}

export function judgeBanner({ mode, greeting, error, otherMode }: BannerFacts): Judgement {
  if (otherMode)
    return failed(
      otherMode === 'implicit'
        ? 'The server says nothing in clear and begins with TLS at once: this port is implicit FTPS.'
        : 'The server greets in clear where TLS was expected: this port is explicit FTPS.',
      { mode: otherMode },
    );
  if (!greeting || error)
    return failed(
      `The server did not greet us as an FTP server does: ${error ? sentenceOf(error) : 'it said nothing.'}`,
    );
  const words = (greeting.shown ?? greeting.lines).map((line) =>
    printable(line.replace(/^220[ -]?/, ''), 120).trim(),
  );
  const shown = words.filter(Boolean).slice(0, 2).join(' / ') || 'nothing but 220';
  return ok(`The server greets${mode === 'implicit' ? ' inside TLS' : ''}: "${shown}".`);
}

/** The operator's sentence, and the server's own words or the place where there are some. */
export function sentenceOf({ sentence, reply, detail }: TransferError): string {
  if (reply !== undefined) return `${sentence} The server said: "${reply}".`;
  return detail === undefined ? sentence : `${sentence} (${detail})`;
}

export function judgeLogin(username: string, error: TransferError | undefined): Judgement {
  if (!error) return ok(`The server let ${username} in.`);
  const stops =
    error.code === 'auth_rejected'
      ? ' The doctor does not try again, so that the account is not locked.'
      : ' The doctor stops here.';
  return failed(`${sentenceOf(error)}${stops}`);
}

export function judgePlain(offersTls: boolean): Judgement {
  const clear = 'This endpoint speaks plain FTP: user, password and files cross the network readable.';
  return offersTls
    ? warning(`${clear} The server offers TLS.`, { protocol: 'ftps', mode: 'explicit' })
    : warning(`${clear} The server offers no TLS; ask the partner for FTPS.`);
}

export interface FeatureFacts {
  features: ReadonlyMap<string, string>;
  encoding: string;
}

export function judgeFeatures({ features, encoding }: FeatureFacts): Judgement {
  if (features.size === 0)
    return note('The server announces no features (FEAT); everything is found out by trying.');
  const names = [...features.keys()].sort().join(', ');
  if (encoding === 'utf8' && !features.has('UTF8'))
    return note(
      `The server announces ${names}. UTF8 is not among them: where names have letters beyond ASCII, \`encoding\` may have to be set (latin1, cp1252, ...).`,
    );
  return ok(`The server announces ${names}.`);
}

export function judgeProtection(error: TransferError | undefined, clear: boolean): Judgement {
  if (error) return failed(sentenceOf(error));
  return clear
    ? warning('Data connections go in clear (PROT C), as `tls.dataProtection: clear` says.', {
        'tls.dataProtection': 'private',
      })
    : ok('Data connections are private (PROT P).');
}
