/** A key that some key-encryption key has wrapped, as the database keeps it. */
export interface WrappedKey {
  /** Which one: `file:9f2c…`, `environment:9f2c…`, `vault:transit/waybill:v3`. */
  wrappedBy: string;
  wrapped: Uint8Array<ArrayBuffer>;
}

/** Where key-encryption keys live. They never meet the database, and only processes that open secrets reach them. */
export interface KeyEncryptionKeys {
  /** The one that wraps from now on. @throws KeysUnavailable */
  activeId(): Promise<string>;
  /** @throws KeysUnavailable */
  wrap(key: Buffer, boundTo: Buffer): Promise<WrappedKey>;
  /** @throws KeysUnavailable when it cannot be done now; another error when it can never be done: changed, cut, bound to something else */
  unwrap(wrapped: WrappedKey, boundTo: Buffer): Promise<Buffer>;
  /** Makes another one active; those before still unwrap. @throws KeysFixed where only an operator can */
  rotate(): Promise<void>;
  /** Forgets those that nothing needs any more, and says which. */
  retire(needed: ReadonlySet<string>): Promise<string[]>;
}

/** The place of the keys does not answer, or does not have this one (yet): what needs it waits, and nothing else is tried. */
export class KeysUnavailable extends Error {
  override name = 'KeysUnavailable';
}

/** These keys are made by a person, not by us. The message says how. */
export class KeysFixed extends Error {
  override name = 'KeysFixed';
}
