import { type ApprovalRecord, findOtherName, lockConfiguration, type Reach, type Tx } from '#store';
import { ConfigurationRefused } from './configuration-refused.ts';

/**
 * Whoever is to be limited to these names gets what was meant when it was asked for, and not what has the name by now. Nobody
 * makes or deletes any until the transaction ends.
 * @throws ConfigurationRefused `approval_outdated`
 */
export async function assertNamesStand(
  tx: Tx,
  approval: ApprovalRecord,
  { partners, routes }: { partners?: Reach | undefined; routes?: Reach | undefined },
): Promise<void> {
  await lockConfiguration(tx);
  const other = await findOtherName(tx, approval, { partners: partners ?? 'all', routes: routes ?? 'all' });
  if (other)
    throw new ConfigurationRefused(
      'approval_outdated',
      `The ${other.noun} "${other.name}" of then is gone; one that has the name now is another one. Reject it, and ask anew.`,
    );
}
