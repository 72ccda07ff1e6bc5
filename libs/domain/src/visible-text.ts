/** Controls, marks that turn the direction of text round, what has no width, halves of characters. */
const NOT_SEEN =
  '[\\u0000-\\u001f\\u007f-\\u009f\\p{Default_Ignorable_Code_Point}\\p{Bidi_Control}\\p{Surrogate}\\u2028\\u2029\\ufff9-\\ufffb]';
const ANY_NOT_SEEN = new RegExp(NOT_SEEN, 'gu');
/** And the backslash that would make a name look as if it held one of them. */
const TO_BE_SHOWN = new RegExp(`${NOT_SEEN}|\\\\(?=u\\{)`, 'gu');

/** Text of strangers for people to read: what nobody would see, or a terminal would obey, as `\u{202e}`. No two look the same. */
export function visibleText(text: string): string {
  return text.replace(TO_BE_SHOWN, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}

/** JSON of the very same value in which all of it can be seen: JSON itself escapes the first 32 characters only. */
export function visibleJson(value: unknown): string {
  return JSON.stringify(value).replace(ANY_NOT_SEEN, (character) =>
    character.replace(/[\s\S]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  );
}
