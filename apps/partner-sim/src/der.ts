/** The few pieces of DER that a certificate needs (ITU-T X.690). */

export type Der = Buffer;

function tagged(tag: number, content: Buffer): Der {
  return Buffer.concat([Buffer.from([tag]), lengthOf(content.length), content]);
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Buffer.from([0x80 | bytes.length, ...bytes]);
}

export const sequence = (...items: Der[]): Der => tagged(0x30, Buffer.concat(items));
export const set = (...items: Der[]): Der => tagged(0x31, Buffer.concat(items));
export const octets = (content: Buffer): Der => tagged(0x04, content);
export const utf8 = (text: string): Der => tagged(0x0c, Buffer.from(text, 'utf8'));
export const truth = (value: boolean): Der => tagged(0x01, Buffer.from([value ? 0xff : 0]));
/** `[number]` around the content, constructed. */
export const explicit = (number: number, content: Der): Der => tagged(0xa0 | number, content);
/** `[number]` instead of the content's own tag, primitive. */
export const implicit = (number: number, content: Buffer): Der => tagged(0x80 | number, content);
/** `unused`: bits at the end that do not count. */
export const bits = (content: Buffer, unused = 0): Der =>
  tagged(0x03, Buffer.concat([Buffer.from([unused]), content]));

/** A positive integer from its big-endian bytes. */
export function integer(content: Buffer): Der {
  return tagged(0x02, content[0]! & 0x80 ? Buffer.concat([Buffer.from([0]), content]) : content);
}

export function objectIdentifier(dotted: string): Der {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return tagged(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(value: number): number[] {
  const bytes = [value & 0x7f];
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) bytes.unshift((rest & 0x7f) | 0x80);
  return bytes;
}

/** UTCTime until 2049, GeneralizedTime after (RFC 5280 section 4.1.2.5). */
export function time(date: Date): Der {
  const digits = date.toISOString().replace(/[-:T]/g, '').slice(0, 14);
  return date.getUTCFullYear() < 2050
    ? tagged(0x17, Buffer.from(`${digits.slice(2)}Z`))
    : tagged(0x18, Buffer.from(`${digits}Z`));
}
