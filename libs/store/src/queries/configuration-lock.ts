import type { Tx } from '../open-store.ts';

/** The number means nothing. */
const CONFIGURATION_LOCK = 727_218_302;

/** One change at a time of the configuration, of the secrets that it names, and of who is limited to names of it, until the end of the transaction. */
export async function lockConfiguration(tx: Tx): Promise<void> {
  await tx.$queryRaw`SELECT pg_advisory_xact_lock(${CONFIGURATION_LOCK})::text`;
}
