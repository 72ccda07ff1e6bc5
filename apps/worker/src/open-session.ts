import type { Endpoint } from '#domain';
import { openFtpsSession } from '#ftps';
import { openLocalSession } from '#localfs';
import type { RemoteSession, SessionObserver } from '#protocol';
import { resolveSecret, type SecretSources } from '#secrets';

/** Opens an authenticated session on an endpoint; rejects with a TransferError. */
export type SessionOpener = (
  endpoint: Endpoint,
  observer: SessionObserver,
  signal: AbortSignal,
) => Promise<RemoteSession>;

/** The only list of adapters. Secrets are revealed here, at connect, and nowhere before. */
export function createSessionOpener(secrets: SecretSources): SessionOpener {
  return async (endpoint, observer, signal) => {
    switch (endpoint.protocol) {
      case 'local':
        return openLocalSession({ endpoint }, observer, signal);
      case 'ftps': {
        const password = await resolveSecret(endpoint.password, secrets);
        const certificate = endpoint.tls.clientCertificate;
        const key = certificate ? await resolveSecret(certificate.key, secrets) : undefined;
        return openFtpsSession(
          {
            endpoint,
            password: password.reveal(),
            ...(certificate && key
              ? { clientCertificate: { cert: certificate.cert, key: key.reveal() } }
              : {}),
          },
          observer,
          signal,
        );
      }
    }
  };
}
