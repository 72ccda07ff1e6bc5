const UNPRINTABLE =
  /[\u0000-\u001f\u007f-\u009f\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\u2028\u2029\ufff9-\ufffb\ufffd]/gu;

/** Peers' text goes into logs and terminals: control, bidi and zero-width characters are shown as escapes. */
export function printable(text: string, maxLength = 1024): string {
  const escaped = text.replace(UNPRINTABLE, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 0x100
      ? `\\x${code.toString(16).padStart(2, '0')}`
      : `\\u${code.toString(16).padStart(4, '0')}`;
  });
  if (escaped.length <= maxLength) return escaped;
  // Half a character would be a replacement character wherever it is written.
  const cutsPair = /^[\ud800-\udbff][\udc00-\udfff]$/.test(escaped.slice(maxLength - 1, maxLength + 1));
  return `${escaped.slice(0, cutsPair ? maxLength - 1 : maxLength)}…`;
}
