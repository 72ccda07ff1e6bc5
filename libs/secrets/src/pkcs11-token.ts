import {
  type KeyEncryptionKeys,
  KeysFixed,
  KeysUnavailable,
  type WrappedKey,
} from './key-encryption-keys.ts';
import { Pkcs11Error, Pkcs11Module, type Pkcs11Session } from './pkcs11-module.ts';
import { bytes, newNonce } from './symmetric-wrapping.ts';

export interface Pkcs11Options {
  /** The maker's shared library. */
  module: string;
  /** Labels of the token, and of an AES key of 256 bits on it that may encrypt and decrypt. */
  token: string;
  key: string;
  pin(): Promise<string>;
  timeoutMs?: number | undefined;
}

const TIMEOUT_MS = 5_000;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** CKR_ENCRYPTED_DATA_INVALID, CKR_ENCRYPTED_DATA_LEN_RANGE. */
const NOT_ITS_OWN: ReadonlySet<number> = new Set([0x40, 0x41]);
/** CKR_GENERAL_ERROR: SoftHSM says it of a wrong tag, and others of everything else. */
const GENERAL_ERROR = 0x5;

/** Keys on a PKCS#11 token: they never leave it. */
export class Pkcs11Token implements KeyEncryptionKeys {
  readonly #options: Pkcs11Options;
  readonly #module: Pkcs11Module;
  #initialized: Promise<void> | undefined;
  /** A token does one thing at a time. */
  #last: Promise<unknown> = Promise.resolve();

  /** @throws KeysUnavailable */
  constructor(options: Pkcs11Options) {
    this.#options = options;
    try {
      this.#module = new Pkcs11Module(options.module);
    } catch (cause) {
      throw new KeysUnavailable(`${options.module} cannot be used as a PKCS#11 module.`, { cause });
    }
  }

  async activeId(): Promise<string> {
    return this.#idOf(this.#options.key);
  }

  wrap(key: Buffer, boundTo: Buffer): Promise<WrappedKey> {
    const { key: label } = this.#options;
    return this.#onToken(label, async (session, handle) => {
      const nonce = newNonce();
      const sealed = await session.encrypt(handle, nonce, boundTo, key);
      return { wrappedBy: this.#idOf(label), wrapped: bytes(Buffer.concat([nonce, sealed])) };
    });
  }

  async unwrap({ wrappedBy, wrapped }: WrappedKey, boundTo: Buffer): Promise<Buffer> {
    const prefix = this.#idOf('');
    if (!wrappedBy.startsWith(prefix))
      throw new KeysUnavailable(`The key ${wrappedBy} is not on the token "${this.#options.token}".`);
    const all = Buffer.from(wrapped);
    if (all.length < NONCE_BYTES + TAG_BYTES) throw new Error('The wrapped key is cut.');
    return this.#onToken(wrappedBy.slice(prefix.length), async (session, handle) => {
      try {
        return await session.decrypt(
          handle,
          all.subarray(0, NONCE_BYTES),
          boundTo,
          all.subarray(NONCE_BYTES),
        );
      } catch (error) {
        // A token that still does its work has refused these bytes; otherwise nothing is known of them.
        if (isGeneral(error)) await session.encrypt(handle, newNonce(), boundTo, Buffer.alloc(1));
        throw error;
      }
    });
  }

  async rotate(): Promise<void> {
    throw new KeysFixed(
      'Make another AES-256 key on the token, name its label in WAYBILL_PKCS11_KEY at every worker, start them anew, then call `waybill secret rotate` again.',
    );
  }

  /** Keys are deleted on the token by who looks after it. */
  async retire(): Promise<string[]> {
    return [];
  }

  #idOf(label: string): string {
    return `pkcs11:${this.#options.token}/${label}`;
  }

  #onToken<T>(label: string, act: (session: Pkcs11Session, key: number) => Promise<T>): Promise<T> {
    const turn = this.#last.then(() => this.#work(label, act));
    this.#last = turn.catch(() => undefined);
    return this.#inTime(turn);
  }

  async #work<T>(label: string, act: (session: Pkcs11Session, key: number) => Promise<T>): Promise<T> {
    const { token, pin } = this.#options;
    try {
      this.#initialized ??= this.#module.initialize().catch((error: unknown) => {
        // What is away now may be there for the next one who asks.
        this.#initialized = undefined;
        throw error;
      });
      await this.#initialized;
      const done = await this.#module.onSession(token, await pin(), async (session) => {
        const handle = await session.findKey(label);
        if (handle === undefined)
          throw new KeysUnavailable(`There is no secret key "${label}" on the token "${token}".`);
        return { result: await act(session, handle) };
      });
      if (!done) throw new KeysUnavailable(`There is no token "${token}" in any slot.`);
      return done.result;
    } catch (error) {
      if (error instanceof KeysUnavailable) throw error;
      if (
        error instanceof Pkcs11Error &&
        error.where === 'C_Decrypt' &&
        (NOT_ITS_OWN.has(error.code) || isGeneral(error))
      )
        throw error;
      throw new KeysUnavailable(`The token "${token}" does not do its work: ${(error as Error).message}.`, {
        cause: error,
      });
    }
  }

  #inTime<T>(work: Promise<T>): Promise<T> {
    const { timeoutMs = TIMEOUT_MS, token } = this.#options;
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => reject(new KeysUnavailable(`The token "${token}" does not answer in time.`)),
      timeoutMs,
    );
    return Promise.race([work, late]).finally(() => clearTimeout(timer));
  }
}

function isGeneral(error: unknown): boolean {
  return error instanceof Pkcs11Error && error.code === GENERAL_ERROR;
}
