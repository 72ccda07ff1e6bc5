import type { SealedSecret } from '#secrets';
import type { ApprovalRecord, SecretEntry } from '#store';

/** What an approval of a secret keeps until somebody decides: the sealed row, and never the value. Bytes are base64. */
interface Payload {
  name: string;
  /** What the secret was when it was asked for; null: there was none. */
  tag: string | null;
  /** null: it is to be deleted. */
  after: {
    partner: string | null;
    version: number;
    keyId: string | null;
    sealedKey: string;
    nonce: string;
    ciphertext: string;
  } | null;
}

/** Another one after it was deleted and set again, though the version may be the same. */
export function tagOf(secret: SecretEntry | undefined): string | null {
  return secret
    ? `${secret.version} ${secret.createdAt.toISOString()} ${secret.partner ?? ''}`.trimEnd()
    : null;
}

export function writePayload(
  name: string,
  before: SecretEntry | undefined,
  after: { sealed: SealedSecret; partner: string | null } | undefined,
): object {
  return { name, tag: tagOf(before), after: after ? rowOf(after) : null } satisfies Payload;
}

export function readPayload({ payload }: ApprovalRecord): {
  name: string;
  tag: string | null;
  after: { sealed: SealedSecret; partner: string | null } | undefined;
} {
  const { name, tag, after } = payload as Payload;
  if (!after) return { name, tag, after: undefined };
  const { partner, version, keyId } = after;
  const sealed = {
    name,
    version,
    keyId,
    sealedKey: fromBase64(after.sealedKey),
    nonce: fromBase64(after.nonce),
    ciphertext: fromBase64(after.ciphertext),
  };
  return { name, tag, after: { sealed, partner } };
}

function rowOf({ sealed, partner }: { sealed: SealedSecret; partner: string | null }): Payload['after'] {
  const { version, keyId, sealedKey, nonce, ciphertext } = sealed;
  return {
    partner,
    version,
    keyId,
    sealedKey: toBase64(sealedKey),
    nonce: toBase64(nonce),
    ciphertext: toBase64(ciphertext),
  };
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(text, 'base64'));
}
