import {
  type KeyEncryptionKeys,
  KeysFixed,
  KeysUnavailable,
  type WrappedKey,
} from './key-encryption-keys.ts';
import { fingerprint, readKey, unwrapWith, wrapWith } from './symmetric-wrapping.ts';

/** Keys in an environment variable: base64, separated by commas, the last one active. */
export class EnvironmentKeys implements KeyEncryptionKeys {
  readonly #keys: readonly Buffer[];
  readonly #name: string;

  /** @throws KeysUnavailable, which names the variable and nothing of its value */
  constructor(name: string, value: string | undefined) {
    const keys = (value ?? '').split(',').map((text) => readKey(text.trim()));
    const wrong = keys.indexOf(undefined);
    if (wrong >= 0) throw new KeysUnavailable(`${name}: key ${wrong + 1} is not a 256-bit key in base64.`);
    this.#keys = keys.filter((key) => key !== undefined);
    this.#name = name;
  }

  async activeId(): Promise<string> {
    return idOf(this.#active());
  }

  async wrap(key: Buffer, boundTo: Buffer): Promise<WrappedKey> {
    const active = this.#active();
    return { wrappedBy: idOf(active), wrapped: wrapWith(active, boundTo, key) };
  }

  async unwrap({ wrappedBy, wrapped }: WrappedKey, boundTo: Buffer): Promise<Buffer> {
    const key = this.#keys.find((each) => idOf(each) === wrappedBy);
    if (!key)
      throw new KeysUnavailable(
        `${this.#name} lacks the key ${wrappedBy}. Keep the key of before in front of the new one until \`waybill secret rewrap\` has run.`,
      );
    return unwrapWith(key, boundTo, wrapped);
  }

  async rotate(): Promise<void> {
    throw new KeysFixed(
      `${this.#name}: add a key of \`openssl rand -base64 32\` behind the present one (separated by a comma) at every worker, start them anew, then call \`waybill secret rotate\` again.`,
    );
  }

  async retire(needed: ReadonlySet<string>): Promise<string[]> {
    const active = this.#active();
    return this.#keys.filter((key) => key !== active && !needed.has(idOf(key))).map(idOf);
  }

  #active(): Buffer {
    return this.#keys.at(-1)!;
  }
}

function idOf(key: Buffer): string {
  return `environment:${fingerprint(key)}`;
}
