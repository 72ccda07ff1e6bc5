import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';
import { type KeyFileReaders, loadOrCreateKey, unwrapWith, wrapWith } from '#secrets';
import { isAnybodyKnown, type Store } from '#store';

const KEY_BYTES = 32;

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

/**
 * `<home>/api.key`, the same for all api processes and for local commands; made on first use, and only while nobody is
 * known: another one would let none of those in who are.
 * @throws KeyFileProblem
 */
export async function loadIdentityKeys(
  home: string,
  db: Store['db'],
  { readers = 'owner' }: { readers?: KeyFileReaders } = {},
): Promise<IdentityKeys> {
  const path = join(home, 'api.key');
  const secret = await loadOrCreateKey(path, {
    mayCreate: !(await isAnybodyKnown(db)),
    readers,
    whenLost: `Restore it from a backup. Where there is none, \`(umask 077; openssl rand -base64 32 > ${path})\` makes another one; then every person needs \`waybill user reset\`, and every program a new key`,
  });
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
    seal: (owner, plain) => wrapWith(keys.seal, Buffer.from(owner), plain),
    open: (owner, sealed) => unwrapWith(keys.seal, Buffer.from(owner), sealed),
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
