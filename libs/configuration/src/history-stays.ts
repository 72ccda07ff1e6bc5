import { findReferrer, type StoredConfiguration, type Tx } from '#store';
import { ConfigurationRefused } from './configuration-refused.ts';
import type { AnyChange } from './object-changes.ts';
import { partnersOf } from './reach.ts';

/**
 * Runs and transfers belong to the partners of their route as it is now: what another partner's route has done would be shown
 * to the next one.
 */
export async function assertHistoryStays(
  tx: Tx,
  change: AnyChange,
  current: StoredConfiguration,
): Promise<void> {
  const { noun, name, before, after } = change;
  if (!before || !after) return;
  const [was, is] = [partnersOf(noun, before, current), partnersOf(noun, after, current)];
  if (was.every((partner) => is.includes(partner))) return;
  const referrer = await findReferrer(tx, noun, name);
  if (referrer !== undefined)
    throw new ConfigurationRefused(
      'in_use',
      `The ${noun} "${name}" stays with ${was.join(' and ')}: ${referrer}. Make another one for another partner.`,
    );
}
