import type { Tx } from '#store';
import type { Reach } from './identity.ts';
import { IdentityRefused } from './identity-refused.ts';

/** A name that is misspelt would reach nothing, and later perhaps what somebody else calls so. */
export async function assertKnown(tx: Tx, what: 'partners' | 'routes', reach: Reach): Promise<void> {
  if (reach === 'all') return;
  const where = { name: { in: [...reach] } };
  const select = { name: true } as const;
  const found =
    what === 'partners'
      ? await tx.partner.findMany({ where, select })
      : await tx.transferRoute.findMany({ where, select });
  const missing = reach.find((name) => !found.some((row) => row.name === name));
  if (missing !== undefined)
    throw new IdentityRefused('unknown_name', `There is no ${what.slice(0, -1)} "${missing}".`, {
      field: what,
    });
}
