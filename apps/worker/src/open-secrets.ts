import { type Keyring, KeysUnavailable, SealBroken, type SecretSources } from '#secrets';
import { findLiveSealingKeys, readSecret, type Store } from '#store';

type Row = NonNullable<Awaited<ReturnType<typeof readSecret>>>;

export interface WorkerSecrets extends SecretSources {
  /** What keeps stored secrets from being opened now; undefined: nothing does. */
  keysProblem(): Promise<string | undefined>;
}

/** Where references of endpoints lead: this process is the one that opens them. */
export function secretSources(
  store: Pick<Store, 'db'>,
  keyring: Keyring,
  environment: (name: string) => string | undefined,
): WorkerSecrets {
  return {
    environment,
    async keysProblem() {
      let pair = await currentPair(store);
      for (;;) {
        try {
          // Before the first key pair its maker is asked whether he is there.
          await (pair ? keyring.openPair(pair) : keyring.keys.activeId());
          return undefined;
        } catch (error) {
          // A pair that was tampered with is no outage: it does not come back, and each use of it says so.
          if (error instanceof SealBroken) return undefined;
          if (!(error instanceof KeysUnavailable)) throw error;
          const now = await currentPair(store);
          if (now?.id === pair?.id && now?.wrappedBy === pair?.wrappedBy) return error.message;
          pair = now;
        }
      }
    },
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

async function currentPair({ db }: Pick<Store, 'db'>) {
  return (await findLiveSealingKeys(db)).find(({ state }) => state === 'current');
}
