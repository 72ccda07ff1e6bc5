import type { TextCoding } from './encoding.ts';
import { printable } from './printable.ts';

export interface CommandLine {
  bytes: Buffer;
  /** For the transcript: secrets masked, control characters escaped. */
  shown: string;
}

const MASKED = new Set(['PASS', 'ACCT']);

/**
 * `undefined` when the argument cannot be sent: CR, LF or NUL would start another command, and a character the
 * encoding lacks would name another file. Decided on the encoded bytes: Node's latin1 turns U+010A into LF.
 */
export function encodeCommand(
  verb: string,
  argument: string | undefined,
  coding: TextCoding,
): CommandLine | undefined {
  if (argument === undefined) return { bytes: Buffer.from(`${verb}\r\n`, 'latin1'), shown: verb };
  const encoded = coding.encode(argument);
  if (!encoded) return undefined;
  // 0xFF is Telnet's IAC: servers differ on whether it has to be doubled, so the name would be one file here, another there.
  if ([0x0d, 0x0a, 0x00, 0xff].some((byte) => encoded.includes(byte))) return undefined;
  return {
    bytes: Buffer.concat([Buffer.from(`${verb} `, 'latin1'), encoded, Buffer.from('\r\n', 'latin1')]),
    shown: MASKED.has(verb) ? `${verb} ****` : `${verb} ${printable(argument, 2048)}`,
  };
}
