import {
  type Endpoint,
  type FtpsEndpoint,
  type LegacyPolicy,
  type LocalEndpoint,
  legacyPoliciesOf,
  TransferError,
} from '#domain';
import type { Egress } from '#egress';
import { type FtpsSessionOptions, openFtpsSession } from '#ftps';
import { openLocalSession } from '#localfs';
import type { RemoteSession, SessionObserver } from '#protocol';
import { resolveSecret, resolveSecretBytes, type SecretSources } from '#secrets';
import type { LocalRoots } from './local-roots.ts';

/** Opens an authenticated session on an endpoint; rejects with a TransferError. */
export type SessionOpener = (
  endpoint: Endpoint,
  observer: SessionObserver,
  signal: AbortSignal,
) => Promise<RemoteSession>;

/** What this installation allows, whatever it allowed when an endpoint was configured. */
export interface ConnectRules {
  /** An endpoint that needs another one is never dialled. */
  allowedLegacyPolicies: readonly LegacyPolicy[];
  /** Where connections may go; asked at each connect, about the address that is dialled. */
  egress: Pick<Egress, 'destinationCheck'>;
  /** Which folders of this machine are endpoints'. */
  roots: LocalRoots;
}

/** The only list of adapters. Secrets are revealed here, at connect, and nowhere before. */
export function createSessionOpener(
  secrets: SecretSources,
  { allowedLegacyPolicies: allowed, egress, roots }: ConnectRules,
): SessionOpener {
  return async (endpoint, observer, signal) => {
    refuseUnlessAllowed(endpoint, allowed);
    switch (endpoint.protocol) {
      case 'local':
        return openWithin(roots, endpoint, observer, signal);
      case 'ftps':
      case 'ftp': {
        const checkDestination = await egress.destinationCheck();
        const revealed = await revealSecrets(endpoint, secrets);
        return openFtpsSession({ ...revealed, allowLegacy: allowed, checkDestination }, observer, signal);
      }
    }
  };
}

function refuseUnlessAllowed(endpoint: Endpoint, allowed: readonly LegacyPolicy[]): void {
  const refused = legacyPoliciesOf(endpoint).filter((policy) => !allowed.includes(policy));
  if (refused.length === 0) return;
  throw new TransferError('invalid_configuration', {
    phase: 'connect',
    detail: `The endpoint ${endpoint.name} needs the legacy policy ${refused.join(' and ')}, which this worker does not allow: nothing was sent. Change the endpoint, or start the worker with WAYBILL_ALLOW_LEGACY=${[...allowed, ...refused].join(',')}.`,
  });
}

/** Looks where the root leads by now. */
export async function openWithin(
  roots: LocalRoots,
  endpoint: LocalEndpoint,
  observer: SessionObserver,
  signal: AbortSignal,
): Promise<RemoteSession> {
  const { place, problem } = await roots.find(endpoint.root);
  if (problem !== undefined)
    throw new TransferError('invalid_configuration', {
      phase: 'connect',
      // Recorded with runs, files and probes; which folders there are is for who runs the installation, in the cause.
      detail: `The root of the endpoint ${endpoint.name} is not one that this worker allows: it was not opened.`,
      cause: new Error(`${endpoint.root} ${problem}`),
    });
  await roots.prepare(place);
  return openLocalSession({ endpoint, place }, observer, signal);
}

/** Whether everything that an endpoint refers to can be had now. Rejects with `secret_unavailable`. */
export async function demandSecrets(endpoint: Endpoint, secrets: SecretSources): Promise<void> {
  if (endpoint.protocol !== 'local') await revealSecrets(endpoint, secrets);
}

/** What an endpoint refers to, in hand. Rejects with `secret_unavailable`. */
export async function revealSecrets(
  endpoint: FtpsEndpoint,
  secrets: SecretSources,
): Promise<FtpsSessionOptions> {
  const { account, proxy } = endpoint;
  const password = await resolveSecret(endpoint.password, secrets);
  const clientCertificate = await revealCertificate(endpoint.tls.clientCertificate, secrets);
  return {
    endpoint,
    password: password.reveal(),
    ...(account && { account: (await resolveSecret(account, secrets)).reveal() }),
    ...(clientCertificate && { clientCertificate }),
    ...(proxy?.password && { proxyPassword: (await resolveSecret(proxy.password, secrets)).reveal() }),
  };
}

async function revealCertificate(
  certificate: FtpsEndpoint['tls']['clientCertificate'],
  secrets: SecretSources,
): Promise<FtpsSessionOptions['clientCertificate']> {
  if (!certificate) return undefined;
  const passphrase = certificate.passphrase && {
    passphrase: (await resolveSecret(certificate.passphrase, secrets)).reveal(),
  };
  if ('pkcs12' in certificate)
    return { pkcs12: (await resolveSecretBytes(certificate.pkcs12, secrets)).reveal(), ...passphrase };
  const key = await resolveSecret(certificate.key, secrets);
  return { cert: certificate.cert, key: key.reveal(), ...passphrase };
}
