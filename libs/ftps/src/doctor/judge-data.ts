import { isIP } from 'node:net';
import type { CapabilityProfile, FtpsEndpoint, TlsPolicy, TransferError } from '#domain';
import { sentenceOf } from './judge-reach.ts';
import { count, failed, type Judgement, note, ok, warning } from './notebook.ts';

/** What one passive command led to; undefined where it was not tried. */
export interface PassiveFacts {
  /** The server understood it and named a port. */
  named: boolean;
  /** The data connection was made. */
  connected: boolean;
  error: TransferError | undefined;
}

export function judgeEpsv(epsv: PassiveFacts, pasv: PassiveFacts | undefined): Judgement {
  if (epsv.connected) return ok('EPSV works.');
  const pasvWorks = pasv?.connected === true;
  const instead = { 'passive.command': 'pasv' };
  if (!epsv.named)
    return pasvWorks
      ? note(
          'The server does not understand EPSV; PASV works. Saying so saves a question per session.',
          instead,
        )
      : failed(`The server does not understand EPSV, and PASV does not work either: no data connection.`);
  const unreachable = 'EPSV names a port that cannot be reached';
  return pasvWorks
    ? warning(`${unreachable}, PASV one that can: a firewall reads PASV replies only.`, instead)
    : failed(
        `${unreachable}: no data connection. Ask both firewalls for the server's passive range, or set \`active\`.`,
      );
}

export interface PasvFacts extends PassiveFacts {
  advertised: string | null;
  /** The address of the control connection. */
  peer: string;
  policy: FtpsEndpoint['passive']['addressPolicy'];
}

export function judgePasv({ named, connected, advertised, peer, policy, error }: PasvFacts): Judgement {
  if (!named || advertised === null)
    return note(
      `The server does not take PASV${error?.reply ? ` ("${error.reply}")` : ''}; EPSV needs none.`,
    );
  if (isIP(peer) === 0)
    return note(`PASV names ${advertised}; whether that is the server's own address, only the proxy knows.`);
  if (advertised === peer)
    return connected
      ? ok('PASV names the address of the control connection.')
      : warning('PASV names the address of the control connection, but a port that cannot be reached.');
  const kind = isPrivate(advertised)
    ? `${advertised}, an address inside the partner's network: the server stands behind NAT and does not know it`
    : `${advertised}, which is not the server we talk to (${peer})`;
  if (policy === 'advertised')
    return connected
      ? warning(`PASV names ${kind}. Data connections to ${peer} work.`, {
          'passive.addressPolicy': 'control_host',
        })
      : warning(
          `PASV names ${kind}. It was not dialled by the doctor; confirm the address with the partner.`,
        );
  if (connected)
    return note(`PASV names ${kind}. It is ignored: data connections go to ${peer}, and that works.`);
  return isPrivate(advertised)
    ? warning(
        `PASV names ${kind}, and its port cannot be reached at ${peer}. The partner has to forward the passive range.`,
      )
    : warning(
        `PASV names ${kind}, and its port cannot be reached at ${peer}. If the partner confirms that its data go through another address, allow that one and no other.`,
        { 'passive.addressPolicy': 'advertised', 'passive.advertisedNetworks': [`${advertised}/32`] },
      );
}

/** RFC 1918, RFC 6598, loopback and link-local. */
function isPrivate(address: string): boolean {
  return /^(10\.|127\.|169\.254\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)/.test(
    address,
  );
}

export interface ReuseFacts {
  /** A data connection that offered the control connection's session. */
  offered: 'resumed' | 'full' | 'refused';
  /** A data connection that offered none. */
  without: 'accepted' | 'refused' | 'not_examined';
  configured: TlsPolicy['sessionReuse'];
}

export function reuseOf({ offered, without }: ReuseFacts): CapabilityProfile['sessionReuse'] {
  if (offered === 'resumed') return without === 'refused' ? 'demanded' : 'offered';
  return offered === 'full' ? 'never' : null;
}

export function judgeReuse({ offered, without, configured }: ReuseFacts): Judgement {
  if (offered === 'refused')
    return failed(
      'The server refused a data connection although it could have resumed the TLS session of the control connection: the session cannot be reused here, and the server insists on it. The partner has to look at its TLS session cache.',
    );
  if (offered === 'full')
    return configured === 'required'
      ? failed(
          'Data connections do not resume the TLS session of the control connection, and this endpoint demands it: no transfer would work. The certificate is checked again on each of them instead.',
          { 'tls.sessionReuse': 'preferred' },
        )
      : ok('Data connections do not resume the TLS session; the certificate is checked on each of them.');
  if (without === 'refused')
    return configured === 'off'
      ? failed(
          'The server demands that data connections resume the TLS session, and this endpoint never does.',
          {
            'tls.sessionReuse': 'required',
          },
        )
      : ok('Data connections resume the TLS session, and the server demands it.');
  const resumes = `Data connections resume the TLS session${without === 'accepted' ? '; the server does not insist' : ''}.`;
  return configured === 'off'
    ? note(`${resumes} Demanding it proves that the data come from the server that was logged in to.`, {
        'tls.sessionReuse': 'required',
      })
    : ok(resumes);
}

export interface ListingFacts {
  path: string;
  command: 'MLSD' | 'LIST';
  /** MLSD was announced or tried, and refused. */
  mlsdRefused: boolean;
  dialect: string | undefined;
  entries: number;
  /** Rows that were left out, with the reason. */
  refused: readonly { shown: string; reason: string }[];
  /** TLS ended as it should; `unobserved` in clear. */
  closeNotify: 'seen' | 'not_seen' | 'unobserved';
  error: TransferError | undefined;
}

export function judgeListing(facts: ListingFacts): Judgement {
  const { path, command, dialect, entries, refused, mlsdRefused } = facts;
  if (facts.error) return failed(`${path} could not be listed. ${sentenceOf(facts.error)}`);
  const how =
    command === 'MLSD'
      ? 'MLSD works: exact sizes and times'
      : `${mlsdRefused ? 'MLSD is announced but refused' : 'There is no MLSD'}; LIST ${dialect ? `speaks the ${dialect} dialect` : 'was empty, so that its dialect is not known yet'}`;
  const seen = `${how}. ${path} has ${count(entries, 'entry').replace(/entrys$/, 'entries')}.`;
  if (facts.closeNotify === 'not_seen')
    return failed(
      `${seen} The listing ended without the TLS end mark, so that a cut one would look whole. Ask the partner; only if the server cannot do better, waive it.`,
      { 'tls.closeNotify': 'waived' },
    );
  if (refused.length > 0)
    return warning(
      `${seen} ${count(refused.length, 'row')} could not be used, the first: "${refused[0]!.shown}" (${refused[0]!.reason}).`,
    );
  return command === 'MLSD' ? ok(seen) : note(seen);
}

export interface PipeliningFacts {
  /** Two NOOP in one segment got two answers. */
  together: boolean;
  /** Transfers whose successor's port was asked for before they ended; undefined where none could be tried. */
  ahead: { transfers: number; verb: string } | undefined;
  error: TransferError | undefined;
  configured: boolean;
}

/** A listing proves nothing for downloads: Pure-FTPd reads no commands during MLSD, and answers them during RETR. */
export function pipeliningOf({ together, ahead, error }: PipeliningFacts): boolean | null {
  if (!together || error) return false;
  return ahead?.verb === 'RETR' ? true : null;
}

export function judgePipelining(facts: PipeliningFacts): Judgement {
  const { together, ahead, error, configured } = facts;
  const works = pipeliningOf(facts);
  if (works) {
    const says = `Commands sent ahead are answered in order, during downloads too (${ahead!.transfers} of them).`;
    return configured ? ok(says) : note(`${says} Many small files go faster with it.`, { pipelining: true });
  }
  if (works === null && !ahead)
    return note('Whether commands may be sent ahead was not examined: nothing could be listed or read here.');
  if (works === null)
    return ok(
      'Commands sent ahead are answered in order during a listing. Whether that holds during downloads is tried with --folder.',
    );
  const says = together
    ? `Transfers fail here with the next command sent ahead${error?.reply ? ` ("${error.reply}")` : ''}.`
    : 'Two commands in one segment are not answered in order.';
  return configured
    ? failed(`${says} This endpoint sends them.`, { pipelining: false })
    : ok(`${says} None are sent: \`pipelining\` is off.`);
}
