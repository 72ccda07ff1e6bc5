import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import { join } from 'node:path';
import { loadOrCreateKey } from '#secrets';

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export type Bytes = Uint8Array<ArrayBuffer>;

/** Made of one file beside the database: a dump alone tests no guesses and signs nobody in. */
export interface IdentityKeys {
  /** What is kept of an API key. */
  digestKey(key: string): Buffer<ArrayBuffer>;
  /** What is kept of a session's cookie, of a recovery code, of a name that was tried, of a sign-in at a provider. */
  digest(purpose: 'session' | 'recovery' | 'delay' | 'oidc', text: string): Buffer<ArrayBuffer>;
  /** Goes into every password hash. */
  pepper: Buffer;
  csrfTokenOf(sessionToken: string): string;
  /** Bound to its owner: a row copied to another user cannot be opened. */
  seal(owner: string, plain: Buffer): Bytes;
  /** @throws when the key is another one, or the row was changed or moved. */
  open(owner: string, sealed: Uint8Array): Buffer;
}

/** `<home>/api.key`, 0600, made on first use; the same for all api processes and for local commands. */
export async function loadIdentityKeys(home: string): Promise<IdentityKeys> {
  const secret = await loadOrCreateKey(join(home, 'api.key'));
  const keyFor = (purpose: string) =>
    Buffer.from(hkdfSync('sha256', secret, '', `waybill identity ${purpose}`, KEY_BYTES));
  const keys = {
    session: keyFor('session'),
    recovery: keyFor('recovery'),
    delay: keyFor('delay'),
    oidc: keyFor('oidc'),
    csrf: keyFor('csrf'),
    seal: keyFor('seal'),
  };
  return {
    // Under the key itself and not one derived from it: keys of earlier releases go on working.
    digestKey: (key) => hmac(secret, key),
    digest: (purpose, text) => hmac(keys[purpose], text),
    pepper: keyFor('pepper'),
    csrfTokenOf: (token) => hmac(keys.csrf, token).toString('base64url'),
    seal(owner, plain) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', keys.seal, nonce).setAAD(Buffer.from(owner));
      return new Uint8Array(
        Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]),
      );
    },
    open(owner, sealed) {
      const bytes = Buffer.from(sealed);
      const nonce = bytes.subarray(0, NONCE_BYTES);
      const decipher = createDecipheriv('aes-256-gcm', keys.seal, nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(Buffer.from(owner)).setAuthTag(bytes.subarray(-TAG_BYTES));
      return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
    },
  };
}

function hmac(key: Buffer, text: string): Buffer<ArrayBuffer> {
  return Buffer.from(createHmac('sha256', key).update(text).digest());
}

/** Takes as long for a wrong first letter as for a wrong last one. */
export function sameText(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
