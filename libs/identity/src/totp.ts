import { createHmac } from 'node:crypto';
import { sameText } from './identity-keys.ts';

/** RFC 6238 as every authenticator app speaks it: SHA-1, 6 digits, 30 s. */
const STEP_SECONDS = 30;
const DIGITS = 6;
/** RFC 6238, section 5.2: one step of slack each way, for clocks and for slow fingers. */
const SLACK_STEPS = 1;
export const TOTP_SECRET_BYTES = 20;

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

export function codeOf(secret: Buffer, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const hash = createHmac('sha1', secret).update(counter).digest();
  // RFC 4226, section 5.3: dynamic truncation.
  const offset = hash[hash.length - 1]! & 0xf;
  const number = (hash.readUInt32BE(offset) & 0x7fff_ffff) % 10 ** DIGITS;
  return String(number).padStart(DIGITS, '0');
}

export function stepAt(instant: Date): number {
  return Math.floor(instant.getTime() / 1_000 / STEP_SECONDS);
}

/** The time step whose code this is; undefined for a code of no step that is near. */
export function stepOfCode(secret: Buffer, code: string, now: Date): number | undefined {
  const middle = stepAt(now);
  let found: number | undefined;
  for (let step = middle - SLACK_STEPS; step <= middle + SLACK_STEPS; step++)
    if (sameText(codeOf(secret, step), code)) found = step;
  return found;
}

/** RFC 4648 without padding. */
export function toBase32(bytes: Uint8Array): string {
  let text = '';
  let value = 0;
  let bits = 0;
  for (const byte of bytes) {
    value = (value << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET[(value >> bits) & 31];
    }
    value &= (1 << bits) - 1;
  }
  return bits === 0 ? text : text + ALPHABET[(value << (5 - bits)) & 31];
}

/** What authenticator apps read as a QR code. */
export function otpauthUri(secret: string, name: string): string {
  const label = encodeURIComponent(`Waybill:${name}`);
  return `otpauth://totp/${label}?secret=${secret}&issuer=Waybill&algorithm=SHA1&digits=${DIGITS}&period=${STEP_SECONDS}`;
}
