import type { Keyring, SecretSources } from '#secrets';
import { readSecret, type Store } from '#store';

type Row = NonNullable<Awaited<ReturnType<typeof readSecret>>>;

/** Where references of endpoints lead: this process is the one that opens them. */
export function secretSources(
  store: Pick<Store, 'db'>,
  keyring: Keyring,
  environment: (name: string) => string | undefined,
): SecretSources {
  return {
    environment,
    async named(name) {
      let row = await readSecret(store.db, name);
      while (row) {
        try {
          return await keyring.open(row.secret, row.key);
        } catch (error) {
          // Rotation may have passed between reading the row and asking for its key; what has not changed is refused.
          const now = await readSecret(store.db, name);
          if (now && isSame(row, now)) throw error;
          row = now;
        }
      }
      return undefined;
    },
  };
}

function isSame(before: Row, now: Row): boolean {
  return (
    before.secret.version === now.secret.version &&
    before.secret.keyId === now.secret.keyId &&
    before.key?.wrappedBy === now.key?.wrappedBy &&
    Buffer.from(before.secret.sealedKey).equals(now.secret.sealedKey)
  );
}
