import { type FtpsEndpoint, type LegacyPolicy, TransferError } from '#domain';
import type { ControlChannel } from './control-channel.ts';
import { type Features, readFeatures } from './features.ts';
import { refused } from './replies.ts';
import { type Reply, replyText } from './reply-reader.ts';
import type { NegotiationOccasion } from './tls-negotiation.ts';

/** The steps on a control connection that sessions and the doctor take alike: what one sees, the other relies on. */
export interface StepSurroundings {
  control: ControlChannel;
  endpoint: FtpsEndpoint;
  replyMs: number;
}

const LEGACY_AUTH: Record<string, LegacyPolicy> = { 'TLS-C': 'auth_tls_c', SSL: 'auth_ssl' };

export interface StartedTls {
  command: string;
  authReply: string;
  legacyPolicy: LegacyPolicy | null;
}

/**
 * AUTH, up to the moment before our ClientHello. 334 asks for more than TLS has, 230 would go on in clear
 * (CVE-2021-22946): only 234 begins TLS.
 */
export async function startTls({ control, endpoint, replyMs }: StepSurroundings): Promise<StartedTls> {
  let last: Reply | undefined;
  for (const mechanism of endpoint.tls.auth ?? ['TLS']) {
    last = await control.exchange('AUTH', mechanism, replyMs);
    if (last.code === 234) {
      control.handOver();
      const legacyPolicy = LEGACY_AUTH[mechanism] ?? null;
      return { command: `AUTH ${mechanism}`, authReply: replyText(last), legacyPolicy };
    }
    if (last.code < 500) break;
  }
  throw last
    ? refused('tls_not_offered', control.phase, last)
    : new TransferError('invalid_configuration', { phase: control.phase, detail: '`tls.auth` is empty' });
}

export interface Login {
  password: string;
  /** Answer to 332. */
  account: string | undefined;
}

export async function logIn(
  { control, endpoint, replyMs }: StepSurroundings,
  { password, account }: Login,
): Promise<void> {
  control.phase = 'authenticate';
  let reply = await control.exchange('USER', endpoint.username, replyMs);
  if (reply.code === 331) reply = await control.exchange('PASS', password, replyMs);
  if (reply.code === 332 && account !== undefined) reply = await control.exchange('ACCT', account, replyMs);
  // 232: the client certificate was the login (RFC 2228 section 5.1); 332 asks for an account nobody gave us.
  if (reply.code === 230 || reply.code === 232 || reply.code === 202) return;
  if (reply.code === 332 || reply.code >= 500) throw refused('auth_rejected', control.phase, reply);
  throw refused(reply.code >= 400 ? 'server_busy' : 'protocol_violation', control.phase, reply);
}

export type ProtectionReplies = Pick<NegotiationOccasion, 'pbszReply' | 'protReply'>;

/** RFC 4217 sections 8 and 9; every data connection is private, or the record says which policy left it clear. */
export async function protectData({
  control,
  endpoint,
  replyMs,
}: StepSurroundings): Promise<ProtectionReplies> {
  control.phase = 'negotiate';
  const level = endpoint.tls.dataProtection === 'private' ? 'P' : 'C';
  const say = async (verb: string, argument: string): Promise<string> => {
    const reply = await control.exchange(verb, argument, replyMs);
    // MS-FTPS forbids both on implicit connections, where data is private by definition; a server without TLS there
    // is found out by the handshake.
    const tolerated = endpoint.mode === 'implicit' && level === 'P' && reply.code >= 500;
    if (reply.code !== 200 && !tolerated) throw refused('tls_private_data_refused', control.phase, reply);
    return replyText(reply);
  };
  return { pbszReply: await say('PBSZ', '0'), protReply: await say('PROT', level) };
}

/** FEAT after login: many servers say more then. */
export async function learnFeatures({ control, endpoint, replyMs }: StepSurroundings): Promise<Features> {
  const features = readFeatures(await control.exchange('FEAT', undefined, replyMs));
  if (endpoint.encoding === 'utf8' && features.has('UTF8'))
    await control.exchange('OPTS', 'UTF8 ON', replyMs);
  return features;
}
