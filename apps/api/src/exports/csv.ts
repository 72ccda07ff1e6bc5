import { visibleJson, visibleText } from '#domain';

// RFC 4180, for spreadsheets: programs that want values as they are ask for JSON. README, "Exports".

/** Without it a spreadsheet reads UTF-8 as the code page of its country. */
export const BYTE_ORDER_MARK = '\ufeff';
/** What a cell begins with that a spreadsheet computes; those of full width are the same to it in some countries. */
const COMPUTES = '[=+\\-@＝＋－＠]';
/** An apostrophe more makes it text again; with those that are there already counted in, taking one away gives the original. */
const WOULD_COMPUTE = new RegExp(`^["'\\s]*${COMPUTES}`, 'u');
/** Where cells are separated by semicolons, a new one begins here, whatever quotes are around it. */
const NEW_CELL_WOULD_COMPUTE = new RegExp(`;(?=["'\\s]*${COMPUTES})`, 'gu');
/** A semicolon and spaces at the ends need no quotes by the RFC, and get lost in some programs without them. */
const NEEDS_QUOTES = /[",;]|^\s|\s$|^$/;

export function csvLine(values: readonly unknown[]): string {
  return `${values.map(csvCell).join(',')}\r\n`;
}

/** Nothing is an empty cell, and an empty text is `""`. */
export function csvCell(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const text = (typeof value === 'string' ? visibleText(value) : visibleJson(value)).replace(
    NEW_CELL_WOULD_COMPUTE,
    '\\u{3b}',
  );
  const harmless = WOULD_COMPUTE.test(text) ? `'${text}` : text;
  return NEEDS_QUOTES.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
