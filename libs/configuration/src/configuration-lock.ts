import type { Tx } from '#store';

/** The number means nothing. */
const CONFIGURATION_LOCK = 727_218_302;

/** One change at a time of the configuration and of the secrets that it names, until the end of the transaction. */
export async function lockConfiguration(tx: Tx): Promise<void> {
  await tx.$queryRaw`SELECT pg_advisory_xact_lock(${CONFIGURATION_LOCK})::text`;
}
