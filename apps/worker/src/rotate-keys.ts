import { recordEvent } from '#audit';
import type { Actor } from '#domain';
import {
  type Keyring,
  KeysFixed,
  makeSealingKey,
  resealSecret,
  rewrapSealingKey,
  SealBroken,
  type SealingKeyPair,
} from '#secrets';
import {
  countSecretsToReseal,
  currentSealingKey,
  findLiveSealingKeys,
  findSecretsToReseal,
  lockSealingKeys,
  putCurrentSealingKey,
  readSecret,
  resealSecretRow,
  retireSealingKeys,
  rewrapSealingKeyRow,
  type SecretRow,
  type StillAlone,
  type Store,
  type Tx,
} from '#store';

// Both commands work beside running transfers: until no row needs it any more, an old key opens what it has sealed. But one
// of them at a time: each reads the place of the keys, and writes what it has read without what another one added meanwhile.

/** Somebody else rotates or rewraps; nothing was done. */
export class KeysInChange extends Error {
  override name = 'KeysInChange';
}

async function changeKeys<T extends object>(
  store: Store,
  act: (stillAlone: StillAlone) => Promise<T>,
): Promise<T> {
  const done = await store.workAlone('key_rotation', act);
  if (done) return done;
  throw new KeysInChange(
    'Another `waybill secret rotate` or `rewrap` is under way; nothing was done. Call it again when that has ended.',
  );
}

export interface Rotation {
  /** What is sealed from now on is sealed to this one. */
  keyId: string;
  wrappedBy: string;
  /** Secrets under older keys, for `waybill secret rewrap`. */
  secretsToRewrap: number;
}

/** The installation's first key pair; later calls do nothing. @throws KeysUnavailable */
export async function prepareSealingKey(store: Store, keyring: Keyring, actor: Actor): Promise<void> {
  if (await store.transaction(currentSealingKey)) return;
  const pair = await makeSealingKey(keyring.keys);
  await store.transaction(async (tx) => {
    await lockSealingKeys(tx);
    // Another process may have been faster.
    if (await currentSealingKey(tx)) return;
    await putCurrentSealingKey(tx, pair);
    await say(tx, actor, 'secret_key.made', pair);
  });
}

/**
 * A new key-encryption key where the place of the keys can make one, and a new key pair under it.
 * @throws KeysInChange, KeysUnavailable; KeysFixed when a person has to bring the new key first
 */
export async function rotateKeys(store: Store, keyring: Keyring, actor: Actor): Promise<Rotation> {
  return changeKeys(store, (stillAlone) => rotate(store, keyring, actor, stillAlone));
}

async function rotate(
  store: Store,
  keyring: Keyring,
  actor: Actor,
  stillAlone: StillAlone,
): Promise<Rotation> {
  const { keys } = keyring;
  await prepareSealingKey(store, keyring, actor);
  const before = (await findLiveSealingKeys(store.db)).find(({ state }) => state === 'current');
  // A key that an operator has brought meanwhile is taken as it is.
  if (before?.wrappedBy === (await keys.activeId())) await keys.rotate();
  const pair = await makeSealingKey(keys);
  if (pair.wrappedBy === before?.wrappedBy)
    throw new KeysFixed(`The keys are still wrapped by ${pair.wrappedBy}; nothing was changed.`);
  await stillAlone();
  // Before anything is sealed to it: an editor, or a copied file, may have overwritten what was written just now.
  if (pair.wrappedBy !== (await keys.activeId()))
    throw new KeysInChange(
      `The active key is not ${pair.wrappedBy} any more, which was made just now: somebody else changes the keys. Nothing is sealed to it.`,
    );
  return store.transaction(async (tx) => {
    await lockSealingKeys(tx);
    await putCurrentSealingKey(tx, pair);
    await say(tx, actor, 'secret_key.rotated', pair);
    const { id: keyId, wrappedBy } = pair;
    return { keyId, wrappedBy, secretsToRewrap: await countSecretsToReseal(tx, keyId) };
  });
}

export interface Rewrapping {
  keyId: string;
  /** Secrets that are sealed to the current key now and were not before; their values were not opened. */
  resealed: number;
  /** Secrets that could not be: changed, moved, cut. They stay as they are, and refused. */
  refused: string[];
  /** Key pairs whose private half is gone for ever. */
  retiredKeys: string[];
  /** Key-encryption keys that nothing needs any more. */
  retiredKeyEncryptionKeys: string[];
  /** Secrets still under older keys: 0 when all is done. */
  secretsToRewrap: number;
}

/**
 * Everything to the current key, then the end of the older ones. May be called again at any time.
 * @throws KeysInChange, KeysUnavailable
 */
export async function rewrapSecrets(store: Store, keyring: Keyring, actor: Actor): Promise<Rewrapping> {
  return changeKeys(store, (stillAlone) => rewrap(store, keyring, actor, stillAlone));
}

async function rewrap(
  store: Store,
  keyring: Keyring,
  actor: Actor,
  stillAlone: StillAlone,
): Promise<Rewrapping> {
  await prepareSealingKey(store, keyring, actor);
  const current = await rewrapCurrentPair(store, keyring, actor);
  const { resealed, refused } = await resealAll(store, keyring, current, actor);
  const { retiredKeys, secretsToRewrap } = await store.transaction(async (tx) => {
    await lockSealingKeys(tx);
    const retired = await retireSealingKeys(tx);
    for (const id of retired) await say(tx, actor, 'secret_key.retired', { id });
    return { retiredKeys: retired, secretsToRewrap: await countSecretsToReseal(tx, current.id) };
  });
  await stillAlone();
  // Rows of before the first key pair do not say which key they need.
  const needed = new Set((await findLiveSealingKeys(store.db)).map(({ wrappedBy }) => wrappedBy));
  const legacy = await store.db.secret.count({ where: { keyId: null } });
  const retiredKeyEncryptionKeys = legacy === 0 ? await keyring.keys.retire(needed) : [];
  return { keyId: current.id, resealed, refused, retiredKeys, retiredKeyEncryptionKeys, secretsToRewrap };
}

/** The pair stays the same; its private half moves to the key that is active now. */
async function rewrapCurrentPair(store: Store, keyring: Keyring, actor: Actor): Promise<SealingKeyPair> {
  const pair = (await findLiveSealingKeys(store.db)).find(({ state }) => state === 'current')!;
  if (pair.wrappedBy === (await keyring.keys.activeId())) return pair;
  const rewrapped = await rewrapSealingKey(keyring.keys, pair);
  await store.transaction(async (tx) => {
    if (await rewrapSealingKeyRow(tx, rewrapped, pair.wrappedBy))
      await say(tx, actor, 'secret_key.rewrapped', rewrapped);
  });
  return rewrapped;
}

async function resealAll(
  store: Store,
  keyring: Keyring,
  current: SealingKeyPair,
  actor: Actor,
): Promise<{ resealed: number; refused: string[] }> {
  const refused: string[] = [];
  let resealed = 0;
  let after = '';
  for (;;) {
    const rows = await findSecretsToReseal(store.db, current.id, after);
    for (const { name } of rows) {
      const outcome = await resealOne(store, keyring, current, name);
      if (outcome === 'refused') refused.push(name);
      if (outcome === 'resealed') resealed++;
    }
    const last = rows.at(-1);
    if (!last) break;
    after = last.name;
  }
  if (resealed > 0)
    await store.transaction((tx) => say(tx, actor, 'secret_key.resealed', current, { secrets: resealed }));
  return { resealed, refused };
}

async function resealOne(
  store: Store,
  keyring: Keyring,
  current: SealingKeyPair,
  name: string,
): Promise<'resealed' | 'refused' | 'changed'> {
  const row = await readSecret(store.db, name);
  if (!row || row.secret.keyId === current.id) return 'changed';
  const opener = await openerOrRefusal(keyring, row);
  if (opener === 'refused') return 'refused';
  const resealed = reseal(opener, current, row.secret);
  if (resealed === 'refused') return 'refused';
  return store.transaction(async (tx) => {
    // A key that was rotated away meanwhile may lose its private half as soon as no row names it.
    const key = await currentSealingKey(tx);
    if (key?.id !== current.id) return 'changed';
    return (await resealSecretRow(tx, resealed, row.secret.keyId)) ? 'resealed' : 'changed';
  });
}

type Opener = Awaited<ReturnType<Keyring['openerOf']>>;

async function openerOrRefusal(
  keyring: Keyring,
  row: NonNullable<Awaited<ReturnType<typeof readSecret>>>,
): Promise<Opener | 'refused'> {
  return keyring.openerOf(row.secret, row.key).catch(refusal);
}

function reseal(opener: Opener, current: SealingKeyPair, secret: SecretRow): SecretRow | 'refused' {
  try {
    return resealSecret(opener, current, secret);
  } catch (error) {
    return refusal(error);
  }
}

/** One row that was tampered with must not keep the others under the old key. */
function refusal(error: unknown): 'refused' {
  if (error instanceof SealBroken) return 'refused';
  throw error;
}

function say(
  tx: Tx,
  actor: Actor,
  action: string,
  key: { id: string; wrappedBy?: string },
  details: Record<string, unknown> = {},
): Promise<void> {
  const wrappedBy = key.wrappedBy === undefined ? {} : { wrappedBy: key.wrappedBy };
  return recordEvent(tx, {
    actor,
    action,
    object: 'secret',
    objectId: key.id,
    details: { ...wrappedBy, ...details },
  });
}
