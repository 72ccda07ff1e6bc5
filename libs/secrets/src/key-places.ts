import { type KeyEncryptionKeys, KeysUnavailable, type WrappedKey } from './key-encryption-keys.ts';

export type KeyPlaceKind = 'file' | 'environment' | 'vault' | 'pkcs11';

/** All places that this process reaches: one wraps, and each still unwraps what it has wrapped, while keys move house. */
export class KeyPlaces implements KeyEncryptionKeys {
  readonly #places: Partial<Record<KeyPlaceKind, KeyEncryptionKeys>>;
  readonly #active: KeyEncryptionKeys;

  constructor(active: KeyPlaceKind, places: Partial<Record<KeyPlaceKind, KeyEncryptionKeys>>) {
    const place = places[active];
    if (!place) throw new TypeError(`no place of kind ${active}`);
    this.#places = places;
    this.#active = place;
  }

  activeId(): Promise<string> {
    return this.#active.activeId();
  }

  wrap(key: Buffer, boundTo: Buffer): Promise<WrappedKey> {
    return this.#active.wrap(key, boundTo);
  }

  async unwrap(wrapped: WrappedKey, boundTo: Buffer): Promise<Buffer> {
    const kind = wrapped.wrappedBy.split(':', 1)[0] as KeyPlaceKind;
    const place = Object.hasOwn(this.#places, kind) ? this.#places[kind] : undefined;
    if (!place)
      throw new KeysUnavailable(
        `The key ${wrapped.wrappedBy} lies in a place that this process is not told of (WAYBILL_KEYS, libs/secrets/README.md).`,
      );
    return place.unwrap(wrapped, boundTo);
  }

  rotate(): Promise<void> {
    return this.#active.rotate();
  }

  async retire(needed: ReadonlySet<string>): Promise<string[]> {
    return this.#active.retire(needed);
  }
}
