/** A run of characters without a blank, and where it stands in its line. */
export interface Column {
  text: string;
  start: number;
  /** First position after it. */
  end: number;
}

/** The first columns of a line, in one pass: no row, however long, costs more than its length. */
export function readColumns(line: string, limit: number): Column[] {
  const columns: Column[] = [];
  let at = 0;
  while (columns.length < limit) {
    while (at < line.length && isBlank(line, at)) at += 1;
    if (at === line.length) break;
    const start = at;
    while (at < line.length && !isBlank(line, at)) at += 1;
    columns.push({ text: line.slice(start, at), start, end: at });
  }
  return columns;
}

export function isBlank(line: string, at: number): boolean {
  const code = line.charCodeAt(at);
  return code === 0x20 || code === 0x09;
}

/** The rest of the line without its leading blanks, of which at most `most` are padding. */
export function withoutPadding(text: string, most = Number.POSITIVE_INFINITY): string {
  let at = 0;
  while (at < text.length && at < most && isBlank(text, at)) at += 1;
  return text.slice(at);
}
