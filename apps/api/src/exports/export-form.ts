import { EXPORT_TYPES, type ExportFormat, valueAt } from '#contract';
import { visibleJson } from '#domain';
import { BYTE_ORDER_MARK, csvLine } from './csv.ts';

/** How the objects of a list become a file, piece by piece. */
export interface ExportForm {
  contentType: string;
  /** Of the file's name. */
  ending: string;
  head: string;
  /** @param before how many there were */
  write(items: readonly object[], before: number): string;
  tail: string;
}

/** All of each object, one a line. */
export const WHOLE_LINES: ExportForm = {
  contentType: EXPORT_TYPES.ndjson,
  ending: 'ndjson',
  head: '',
  write: (items) => items.map((item) => `${visibleJson(item)}\n`).join(''),
  tail: '',
};

/** Of each object what the columns name, in their order. */
export function exportForm(format: ExportFormat, columns: readonly string[]): ExportForm {
  const common = { contentType: EXPORT_TYPES[format], ending: format };
  if (format === 'csv') {
    return {
      ...common,
      head: `${BYTE_ORDER_MARK}${csvLine(columns)}`,
      write: (items) => items.map((item) => csvLine(columns.map((column) => valueAt(item, column)))).join(''),
      tail: '',
    };
  }
  const picked = (item: object) =>
    Object.fromEntries(columns.map((column) => [column, valueAt(item, column) ?? null]));
  if (format === 'ndjson')
    return { ...common, ...WHOLE_LINES, write: (items) => WHOLE_LINES.write(items.map(picked), 0) };
  return {
    ...common,
    head: '[',
    write: (items, before) =>
      items.map((item, index) => `${before + index === 0 ? '' : ','}\n${visibleJson(picked(item))}`).join(''),
    tail: '\n]\n',
  };
}
