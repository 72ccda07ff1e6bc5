import type { LookupFunction } from 'node:net';
import { type FtpsEndpoint, type LegacyPolicy, legacyPoliciesOf, TransferError } from '#domain';
import type { RemoteSession, SessionObserver } from '#protocol';
import type { DestinationCheck } from './checked-destination.ts';
import type { FtpsDeadlines } from './deadlines.ts';
import { abortReason } from './ftps-session.ts';
import { Opening, type PinnedLeaf } from './opening.ts';
import { translate } from './protocol-violation.ts';
import type { ClientCredential } from './tls-identity.ts';

export interface FtpsSessionOptions {
  endpoint: FtpsEndpoint;
  /** Revealed for this session only, as are the next three. */
  password: string;
  /** Answer to 332 (ACCT). */
  account?: string | undefined;
  clientCertificate?: ClientCredential | undefined;
  proxyPassword?: string | undefined;
  /** Legacy policies that may be made use of; what the endpoint asks beyond them is refused before a byte is sent. */
  allowLegacy?: readonly LegacyPolicy[] | undefined;
  deadlines?: Partial<FtpsDeadlines> | undefined;
  /** Instead of the system's name resolution. */
  lookup?: LookupFunction | undefined;
  /** Where this session may connect to; refused is `egress_refused`, and nothing was sent there. Default: anywhere. */
  checkDestination?: DestinationCheck | undefined;
}

/**
 * Connects, negotiates TLS, proves who the server is, logs in, and protects the data connections.
 * Rejects with a TransferError of phase `connect`, `negotiate` or `authenticate`; nothing is left open then.
 */
export async function openFtpsSession(
  options: FtpsSessionOptions,
  observer: SessionObserver,
  signal: AbortSignal,
): Promise<RemoteSession> {
  refuseLegacy(options);
  const pinned: PinnedLeaf = { pem: undefined };
  try {
    return await openOnce(options, observer, signal, pinned);
  } catch (error) {
    if (pinned.pem === undefined) throw error;
    // No authority vouches for the certificate, but its key is the pinned one: it is the trust anchor itself.
    const { endpoint } = options;
    const trusting = { ...endpoint, tls: { ...endpoint.tls, ca: [pinned.pem] } };
    return openOnce({ ...options, endpoint: trusting }, observer, signal, { pem: undefined });
  }
}

function refuseLegacy({ endpoint, allowLegacy = [] }: FtpsSessionOptions): void {
  const missing = legacyPoliciesOf(endpoint).filter((policy) => !allowLegacy.includes(policy));
  if (missing.length > 0)
    throw new TransferError('invalid_configuration', {
      phase: 'connect',
      detail: `endpoint ${endpoint.name} needs the legacy policy ${missing.join(', ')}, which is not allowed`,
    });
}

async function openOnce(
  options: FtpsSessionOptions,
  observer: SessionObserver,
  signal: AbortSignal,
  pinned: PinnedLeaf,
): Promise<RemoteSession> {
  const opening = new Opening(options, observer, pinned);
  if (signal.aborted) throw abortReason(signal, 'connect');
  const onAbort = () => opening.abandon(abortReason(signal, opening.phase));
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await opening.run();
  } catch (thrown) {
    const error = signal.aborted ? abortReason(signal, opening.phase) : translate(thrown, opening.phase);
    opening.abandon(error);
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
