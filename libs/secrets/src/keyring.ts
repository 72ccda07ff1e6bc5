import type { KeyObject } from 'node:crypto';
import { type KeyEncryptionKeys, KeysUnavailable } from './key-encryption-keys.ts';
import { type Opener, openSecret, type SealedSecret } from './sealing.ts';
import { openSealingKey, SealBroken, type SealingKeyPair } from './sealing-keys.ts';
import type { SecretValue } from './secret-value.ts';

/** Long enough that a thousand runs do not ask Vault a thousand times, short enough that a key withdrawn there is withdrawn here. */
const KEEP_MS = 60_000;

export interface KeyringOptions {
  keys: KeyEncryptionKeys;
  /** For rows of before the first key pair. */
  legacyKeys?: (() => readonly Buffer[]) | undefined;
  /** How long an unwrapped key may stay in memory. Default one minute. */
  keepMs?: number | undefined;
  now?: (() => number) | undefined;
}

/** Opens secrets: only processes that reach the key-encryption keys have one. */
export class Keyring {
  readonly keys: KeyEncryptionKeys;
  readonly #options: KeyringOptions;
  readonly #opened = new Map<string, { key: Promise<KeyObject>; untilMs: number }>();

  constructor(options: KeyringOptions) {
    this.keys = options.keys;
    this.#options = options;
  }

  /**
   * @param pair the row's sealing key, read in the same statement as the row; null when it has none
   * @throws KeysUnavailable, SealBroken
   */
  async open(sealed: SealedSecret, pair: SealingKeyPair | null): Promise<SecretValue> {
    return openSecret(await this.openerOf(sealed, pair), sealed);
  }

  /** @throws KeysUnavailable, SealBroken */
  async openerOf({ name, keyId }: SealedSecret, pair: SealingKeyPair | null): Promise<Opener> {
    if (keyId === null) return { legacyKeys: this.#options.legacyKeys?.() ?? [] };
    if (pair?.id !== keyId)
      throw new SealBroken(
        `The secret "${name}" names the key ${keyId}, which is retired or was never there.`,
      );
    return this.#privateKey(pair);
  }

  /** Whether what is sealed to this pair can be opened. @throws KeysUnavailable, SealBroken */
  async openPair(pair: SealingKeyPair): Promise<void> {
    await this.#privateKey(pair);
  }

  #privateKey(pair: SealingKeyPair): Promise<KeyObject> {
    const { now = () => performance.now(), keepMs = KEEP_MS } = this.#options;
    const kept = this.#opened.get(pair.id);
    if (kept && kept.untilMs > now()) return kept.key;
    const key = openPair(this.keys, pair);
    this.#opened.set(pair.id, { key, untilMs: now() + keepMs });
    key.catch(() => this.#opened.delete(pair.id));
    return key;
  }
}

async function openPair(keys: KeyEncryptionKeys, pair: SealingKeyPair): Promise<KeyObject> {
  try {
    return await openSealingKey(keys, pair);
  } catch (cause) {
    if (cause instanceof KeysUnavailable || cause instanceof SealBroken) throw cause;
    throw new SealBroken(`The sealing key ${pair.id} is not as it was stored.`, { cause });
  }
}
