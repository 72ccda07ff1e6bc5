import { recordEvent } from '#audit';
import type { Actor } from '#domain';
import { sealSecret } from '#secrets';
import {
  currentSealingKey,
  deleteSecret,
  findSecretUsers,
  nextSecretVersion,
  putSecret,
  type SecretEntry,
  type Store,
} from '#store';

/** No worker of this installation has made its key pair yet: nothing can be sealed. */
export class NoSealingKey extends Error {
  constructor() {
    super('The installation has no sealing key yet: its first worker makes it. Start one, then try again.');
    this.name = 'NoSealingKey';
  }
}

/** The secret is still referred to. */
export class SecretInUse extends Error {
  constructor(name: string, endpoints: readonly string[]) {
    super(`The secret "${name}" is used by ${endpoints.join(', ')}. Change that first.`);
    this.name = 'SecretInUse';
  }
}

/**
 * Sealed to the public key before it reaches the database; whoever calls this needs no key, and could not open it again.
 * @throws NoSealingKey
 */
export function storeSecret(store: Store, actor: Actor, name: string, value: string): Promise<SecretEntry> {
  return store.transaction(async (tx) => {
    const key = await currentSealingKey(tx);
    if (!key) throw new NoSealingKey();
    const version = await nextSecretVersion(tx, name);
    await putSecret(tx, sealSecret(key, name, version, value));
    await recordEvent(tx, {
      actor,
      action: 'secret.set',
      object: 'secret',
      objectId: name,
      details: { version, keyId: key.id },
    });
    const { createdAt, updatedAt, keyId } = await tx.secret.findUniqueOrThrow({ where: { name } });
    return { name, version, keyId, createdAt, updatedAt };
  });
}

/** False when there is none of this name. @throws SecretInUse */
export function removeSecret(store: Store, actor: Actor, name: string): Promise<boolean> {
  return store.transaction(async (tx) => {
    // A secret of this name that is set meanwhile is another one.
    await nextSecretVersion(tx, name);
    const users = await findSecretUsers(tx, name);
    if (users.length > 0) throw new SecretInUse(name, users);
    if (!(await deleteSecret(tx, name))) return false;
    await recordEvent(tx, { actor, action: 'secret.deleted', object: 'secret', objectId: name, details: {} });
    return true;
  });
}
