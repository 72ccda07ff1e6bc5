import {
  createEndpointExaminer,
  createSessionOpener,
  LocalRoots,
  secretSources,
  startWorker,
  type WorkerSecrets,
} from '#apps/worker';
import { environmentSecret } from '#config';
import { keepSealingKey, openKeyring } from './open-keys.ts';
import type { Shared } from './shared-parts.ts';

/** What opens the secrets of partners; the first worker makes the installation's key pair. */
export async function openWorkerSecrets(
  { config, store, log }: Shared,
  stack: AsyncDisposableStack,
): Promise<WorkerSecrets> {
  const keyring = await openKeyring(config, store);
  await keepSealingKey(store, keyring, log, stack);
  return secretSources(store, keyring, environmentSecret);
}

/**
 * Claims nothing from the first word of a drain on. Closed by the stack: running transfers finish, or are handed back when
 * the grace period is over.
 */
export function startWorkerPart(shared: Shared, secrets: WorkerSecrets, stack: AsyncDisposableStack): void {
  const { config, store, queue, recorder, log, metrics, tracer, egress } = shared;
  const { allowedLegacyPolicies } = config;
  const rules = { allowedLegacyPolicies, egress, roots: new LocalRoots(config.localRoots) };
  const worker = startWorker({
    ...config.worker,
    recorder,
    queue,
    log,
    metrics,
    tracer,
    secrets,
    openSession: createSessionOpener(secrets, rules),
    probes: { store, examine: createEndpointExaminer(secrets, rules) },
    looks: { store },
    callbacks: { store, secrets, egress },
  });
  // What is under way goes on, and what needs a secret waits: no reason to keep work away.
  shared.readiness.health.add('keys', async () => worker.keysProblem(), { advisory: true });
  shared.readiness.onDrain(() => worker.drain());
  stack.defer(() => worker.close());
}
