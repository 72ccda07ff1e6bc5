/** C0, DEL, C1, and the bidirectional, zero-width and line marks that make one name look like another. */
const UNSAFE =
  /[\u0000-\u001f\u007f-\u009f\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\u2028\u2029\ufff9-\ufffb]/u;
const UNSAFE_OR_ESCAPE = new RegExp(`${UNSAFE.source}|\\\\`, 'gu');

/** Why a name is not taken as a file name here; undefined when it is fine. */
export function nameProblem(name: string): string | undefined {
  if (name === '' || name === '.' || name === '..') return 'not a file name';
  if (name.includes('/')) return 'holds a path separator';
  if (UNSAFE.test(name)) return 'holds control, invisible or direction-changing characters';
  if (!name.isWellFormed()) return 'is not valid Unicode';
  return undefined;
}

/** For logs and terminals: nothing in it moves a cursor or turns text around. */
export function printable(name: string): string {
  return name.replace(UNSAFE_OR_ESCAPE, (character) => {
    const code = character.codePointAt(0) ?? 0;
    if (character === '\\') return '\\\\';
    return code < 0x100
      ? `\\x${code.toString(16).padStart(2, '0')}`
      : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A file name is bytes; undefined when they are not UTF-8. */
export function decodeName(bytes: Buffer): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Bytes that are no text, with everything outside ASCII as `\xNN`. */
export function printableBytes(bytes: Buffer): string {
  return Array.from(bytes, (byte) =>
    byte >= 0x20 && byte < 0x7f && byte !== 0x5c
      ? String.fromCharCode(byte)
      : `\\x${byte.toString(16).padStart(2, '0')}`,
  ).join('');
}
