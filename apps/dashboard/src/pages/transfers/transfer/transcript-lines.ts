export interface TranscriptLine {
  /** From 1, as they stand in the text. */
  number: number;
  /** ISO; undefined for what has none. */
  at: string | undefined;
  direction: 'sent' | 'received' | 'note';
  text: string;
  /** Milliseconds since the line before. */
  afterMs: number | undefined;
}

const DIRECTIONS = { '>': 'sent', '<': 'received', '*': 'note' } as const;
const LINE = /^(?:(\d{4}-\d\d-\d\dT[\d:.]+Z) )?([><*]) (.*)$/s;

/** `2026-11-21T02:00:00.123Z > RETR a.csv`, line by line; what looks different is a note as it is. */
export function readTranscript(text: string): TranscriptLine[] {
  let before: number | undefined;
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line, index) => {
    const [, at, mark, said] = LINE.exec(line) ?? [];
    const time = at === undefined ? Number.NaN : Date.parse(at);
    const known = !Number.isNaN(time);
    const afterMs = known && before !== undefined ? time - before : undefined;
    if (known) before = time;
    return {
      number: index + 1,
      at: known ? at : undefined,
      direction: mark === undefined ? 'note' : DIRECTIONS[mark as keyof typeof DIRECTIONS],
      text: said ?? line,
      afterMs,
    };
  });
}

/** What the session writes in place of a secret. */
const MASK = '****';

export interface LinePart {
  /** Where it begins in the line. */
  at: number;
  text: string;
  kind: 'plain' | 'found' | 'masked';
}

/** The line with what was searched for, and what is masked, told apart. Capitals do not count. */
export function partsOfLine(text: string, sought: string): LinePart[] {
  const needle = sought.toLowerCase();
  // Where lower case is longer or shorter, places would not fit.
  const lower = text.toLowerCase().length === text.length ? text.toLowerCase() : text;
  const parts: LinePart[] = [];
  let at = 0;
  while (at < text.length) {
    const found = needle === '' ? -1 : lower.indexOf(needle, at);
    const masked = text.indexOf(MASK, at);
    const isMask = masked >= 0 && (found < 0 || masked < found);
    const start = isMask ? masked : found;
    if (start < 0) {
      parts.push({ at, text: text.slice(at), kind: 'plain' });
      break;
    }
    if (start > at) parts.push({ at, text: text.slice(at, start), kind: 'plain' });
    const length = isMask ? MASK.length : needle.length;
    parts.push({ at: start, text: text.slice(start, start + length), kind: isMask ? 'masked' : 'found' });
    at = start + length;
  }
  return parts;
}

/** Numbers of the lines that hold it; none for an empty word. */
export function linesWith(lines: readonly TranscriptLine[], sought: string): number[] {
  const needle = sought.toLowerCase();
  if (needle === '') return [];
  return lines.filter(({ text }) => text.toLowerCase().includes(needle)).map(({ number }) => number);
}
