/** Controls, line ends, zero-width and bidirectional marks, and what only looks like a space. */
const EACH = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\u00a0\u2000-\u200a\u202f\u205f\u3000]/gu;

export interface TextPart {
  /** Where it begins in the whole. */
  at: number;
  text: string;
  /** It stands for a character that shows nothing, or turns others around. */
  hidden: boolean;
}

/** `a\u202Eb` -> `a`, `\u{202E}`, `b`. */
export function splitVisible(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let at = 0;
  for (const match of text.matchAll(EACH)) {
    if (match.index > at) parts.push({ at, text: text.slice(at, match.index), hidden: false });
    parts.push({ at: match.index, text: codeOf(match[0]), hidden: true });
    at = match.index + match[0].length;
  }
  if (at < text.length) parts.push({ at, text: text.slice(at), hidden: false });
  return parts;
}

/** For places that take text alone: titles, labels, confirmation sentences. */
export function visibleText(text: string): string {
  return text.replace(EACH, codeOf);
}

function codeOf(character: string): string {
  return `\\u{${character.codePointAt(0)!.toString(16).toUpperCase()}}`;
}
