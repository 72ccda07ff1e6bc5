import { lockConfiguration, type Tx } from '#store';
import type { Reach } from './identity.ts';
import { IdentityRefused } from './identity-refused.ts';

/**
 * A name that is misspelt would reach nothing, and later perhaps what somebody else calls so. None of them is deleted until the
 * transaction ends; to be asked before anybody is locked.
 */
export async function assertKnown(tx: Tx, what: 'partners' | 'routes', reach: Reach): Promise<void> {
  const missing = await findUnknown(tx, what, reach);
  if (missing !== undefined)
    throw new IdentityRefused('unknown_name', `There is no ${what.slice(0, -1)} "${missing}".`, {
      field: what,
    });
}

/** The first name of which there is nothing. As `assertKnown`. */
export async function findUnknown(
  tx: Tx,
  what: 'partners' | 'routes',
  reach: Reach,
): Promise<string | undefined> {
  if (reach === 'all') return undefined;
  await lockConfiguration(tx);
  const where = { name: { in: [...reach] } };
  const select = { name: true } as const;
  const found =
    what === 'partners'
      ? await tx.partner.findMany({ where, select })
      : await tx.transferRoute.findMany({ where, select });
  return reach.find((name) => !found.some((row) => row.name === name));
}
