/** No object of ours nests deeper than 8; parsers that recurse fail somewhere in the thousands. */
const DEEPEST = 32;
/** Own keys of these names are harmless until somebody copies them. */
const REFUSED_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * What JSON.parse takes and two programs would read differently, or would not survive: a key given twice (each
 * parser keeps another one), keys of prototypes, text that PostgreSQL cannot store, depth. undefined when there is
 * nothing of it. Says nothing about JSON that is no JSON: that is left to JSON.parse.
 */
export function refusedInJson(text: string): string | undefined {
  /** Of each object that is open: its keys so far; null for a list. */
  const open: (Set<string> | null)[] = [];
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '{' || character === '[') {
      if (open.length === DEEPEST) return `nested deeper than ${DEEPEST} levels`;
      open.push(character === '{' ? new Set() : null);
    } else if (character === '}' || character === ']') open.pop();
    else if (character === '"') {
      const end = endOfString(text, at);
      const value = readString(text.slice(at, end));
      // Broken JSON: JSON.parse says so.
      if (value === undefined) return undefined;
      if (value.includes('\0') || !value.isWellFormed()) return 'text with a NUL or half a character';
      const keys = open.at(-1);
      if (keys && isFollowedByColon(text, end)) {
        if (REFUSED_KEYS.has(value)) return `a key that is refused: ${value}`;
        if (keys.has(value)) return 'a key that is there twice';
        keys.add(value);
      }
      at = end - 1;
    }
  }
  return undefined;
}

/** Behind the closing quote, or the end of the text. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at + 1;
  }
  return text.length;
}

/** As written, or with its escapes resolved: `"\u0061"` is the key `a`. */
function readString(quoted: string): string | undefined {
  if (!quoted.includes('\\')) return quoted.slice(1, -1);
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return undefined;
  }
}

function isFollowedByColon(text: string, from: number): boolean {
  for (let at = from; at < text.length; at++) {
    const character = text[at]!;
    if (character === ':') return true;
    if (!' \t\r\n'.includes(character)) return false;
  }
  return false;
}
