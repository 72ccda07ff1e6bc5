import { recordEvent } from '#audit';
import type { Actor } from '#domain';
import { type SealedSecret, sealSecret } from '#secrets';
import {
  assignSecret,
  currentSealingKey,
  deleteSecret,
  findSecret,
  findSecretUsers,
  nextSecretVersion,
  putSecret,
  type SecretEntry,
  type Tx,
} from '#store';
import { ConfigurationRefused, refuseFields } from './configuration-refused.ts';

// Under `lockConfiguration`, all of it: no endpoint comes to need a secret meanwhile.

/** By whom, and where a second person had to approve it. */
export interface Because {
  actor: Actor;
  approvalId?: string;
}

/** @throws ConfigurationRefused `no_sealing_key` */
export async function seal(tx: Tx, { name, value }: { name: string; value: string }): Promise<SealedSecret> {
  const key = await currentSealingKey(tx);
  if (!key)
    throw new ConfigurationRefused(
      'no_sealing_key',
      'The installation has no sealing key yet: its first worker makes it. Start one, then try again.',
    );
  return sealSecret(key, name, await nextSecretVersion(tx, name), value);
}

/** Everything of it anew. */
export async function write(
  tx: Tx,
  sealed: SealedSecret,
  partner: string | null,
  { actor, approvalId }: Because,
): Promise<SecretEntry> {
  const { name, version, keyId } = sealed;
  await putSecret(tx, sealed, partner);
  await recordEvent(tx, {
    actor,
    action: 'secret.set',
    object: 'secret',
    objectId: name,
    details: {
      version,
      keyId,
      ...(partner !== null && { partner }),
      ...(approvalId !== undefined && { approvalId }),
    },
  });
  return (await findSecret(tx, name))!;
}

/** The value stays, sealed as it is. */
export async function assign(
  tx: Tx,
  name: string,
  partner: string | null,
  { actor, approvalId }: Because,
): Promise<SecretEntry> {
  await assignSecret(tx, name, partner);
  await recordEvent(tx, {
    actor,
    action: 'secret.assigned',
    object: 'secret',
    objectId: name,
    details: { partner, ...(approvalId !== undefined && { approvalId }) },
  });
  return (await findSecret(tx, name))!;
}

export async function erase(tx: Tx, name: string, { actor, approvalId }: Because): Promise<void> {
  await deleteSecret(tx, name);
  await recordEvent(tx, {
    actor,
    action: 'secret.deleted',
    object: 'secret',
    objectId: name,
    details: { ...(approvalId !== undefined && { approvalId }) },
  });
}

/** It may be the value, in the wrong field: it is not repeated. */
export async function assertPartner(tx: Tx, partner: string | null): Promise<void> {
  if (partner !== null && (await tx.partner.count({ where: { name: partner } })) === 0)
    throw refuseFields([{ path: 'partner', message: 'there is no such partner' }]);
}

export async function assertUsersAre(tx: Tx, name: string, partner: string | null): Promise<void> {
  if (partner === null) return;
  const others = (await findSecretUsers(tx, name)).filter((endpoint) => endpoint.partner !== partner);
  if (others.length > 0)
    throw new ConfigurationRefused(
      'in_use',
      `The secret "${name}" is used by ${namesOf(others)}, not of ${partner}. Change that first.`,
    );
}

export async function assertUnused(tx: Tx, name: string): Promise<void> {
  const users = await findSecretUsers(tx, name);
  if (users.length > 0)
    throw new ConfigurationRefused(
      'in_use',
      `The secret "${name}" is used by ${namesOf(users)}. Change that first.`,
    );
}

function namesOf(endpoints: readonly { name: string }[]): string {
  return endpoints.map(({ name }) => name).join(', ');
}
