import { createEndpointExaminer, createSessionOpener, secretSources, startWorker } from '#apps/worker';
import { environmentSecret } from '#config';
import type { SecretSources } from '#secrets';
import { keepSealingKey, openKeyring } from './open-keys.ts';
import type { Shared } from './shared-parts.ts';

/** What opens the secrets of partners; the first worker makes the installation's key pair. */
export async function openWorkerSecrets(
  { config, store, log }: Shared,
  stack: AsyncDisposableStack,
): Promise<SecretSources> {
  const keyring = await openKeyring(config, store);
  await keepSealingKey(store, keyring, log, stack);
  return secretSources(store, keyring, environmentSecret);
}

/**
 * Claims nothing from the first word of a drain on. Closed by the stack: running transfers finish, or are handed back when
 * the grace period is over.
 */
export function startWorkerPart(shared: Shared, secrets: SecretSources, stack: AsyncDisposableStack): void {
  const { config, store, queue, recorder, log, metrics, tracer, egress } = shared;
  const worker = startWorker({
    ...config.worker,
    recorder,
    queue,
    log,
    metrics,
    tracer,
    secrets,
    openSession: createSessionOpener(secrets, config.allowedLegacyPolicies, egress),
    probes: { store, examine: createEndpointExaminer(secrets, config.allowedLegacyPolicies, egress) },
    callbacks: { store, secrets, egress },
  });
  shared.readiness.onDrain(() => worker.drain());
  stack.defer(() => worker.close());
}
