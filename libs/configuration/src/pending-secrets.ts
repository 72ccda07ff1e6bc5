import type { SealedSecret } from '#secrets';
import type { ApprovalRecord, SecretEntry } from '#store';

/** What a secret will be. */
export interface WantedSecret {
  name: string;
  partner: string | null;
  /** undefined: its value stays. */
  sealed: SealedSecret | undefined;
}

/** What an approval of a secret keeps until somebody decides: the sealed row, and never the value. Bytes are base64. */
interface Payload {
  name: string;
  /** What the secret was when it was asked for; null: there was none. */
  tag: string | null;
  /** null: it is to be deleted. */
  after: {
    partner: string | null;
    /** null: its value stays. */
    row: {
      version: number;
      keyId: string | null;
      sealedKey: string;
      nonce: string;
      ciphertext: string;
    } | null;
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
  after: WantedSecret | undefined,
): object {
  const wanted = after && { partner: after.partner, row: after.sealed ? rowOf(after.sealed) : null };
  return { name, tag: tagOf(before), after: wanted ?? null } satisfies Payload;
}

export function readPayload({ payload }: ApprovalRecord): {
  name: string;
  tag: string | null;
  after: WantedSecret | undefined;
} {
  const { name, tag, after } = payload as Payload;
  if (!after) return { name, tag, after: undefined };
  const { partner, row } = after;
  return { name, tag, after: { name, partner, sealed: row ? sealedOf(name, row) : undefined } };
}

type Row = NonNullable<NonNullable<Payload['after']>['row']>;

function rowOf({ version, keyId, sealedKey, nonce, ciphertext }: SealedSecret): Row {
  return {
    version,
    keyId,
    sealedKey: toBase64(sealedKey),
    nonce: toBase64(nonce),
    ciphertext: toBase64(ciphertext),
  };
}

function sealedOf(name: string, { version, keyId, sealedKey, nonce, ciphertext }: Row): SealedSecret {
  return {
    name,
    version,
    keyId,
    sealedKey: fromBase64(sealedKey),
    nonce: fromBase64(nonce),
    ciphertext: fromBase64(ciphertext),
  };
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(text, 'base64'));
}
