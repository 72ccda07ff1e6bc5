import { shown } from './values.ts';

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

interface Field {
  name: string;
  least: number;
  most: number;
  /** Names in the order of their numbers, beginning with `least`. */
  names: readonly string[];
}

const FIELDS: readonly Field[] = [
  { name: 'minute', least: 0, most: 59, names: [] },
  { name: 'hour', least: 0, most: 23, names: [] },
  { name: 'day of month', least: 1, most: 31, names: [] },
  { name: 'month', least: 1, most: 12, names: MONTHS },
  { name: 'day of week', least: 0, most: 7, names: DAYS },
];

/** Structural check of a five-field expression; what it means is `libs/schedule`'s business. */
export function cronProblem(expression: string): string | undefined {
  const parts = expression.trim().split(/\s+/);
  if (parts.length !== FIELDS.length)
    return `\`${shown(expression)}\` has ${expression.trim() === '' ? 0 : parts.length} fields; a cron expression has five: minute hour day-of-month month day-of-week`;
  for (const [index, field] of FIELDS.entries()) {
    const bad = parts[index]!.split(',').find((item) => !isItem(item, field));
    if (bad !== undefined)
      return `${field.name}: \`${shown(bad)}\` is not within ${field.least}-${field.most}`;
  }
  return undefined;
}

/** `*`, `5`, `1-5`, each with an optional step `/15`. */
function isItem(item: string, field: Field): boolean {
  const [range = '', step, ...more] = item.split('/');
  if (more.length > 0) return false;
  if (step !== undefined && !(/^\d{1,3}$/.test(step) && Number(step) >= 1 && Number(step) <= field.most))
    return false;
  if (range === '*') return true;
  const [first = '', last, ...rest] = range.split('-');
  if (rest.length > 0) return false;
  const from = numberOf(first, field);
  const to = last === undefined ? from : numberOf(last, field);
  return from !== undefined && to !== undefined && from <= to;
}

function numberOf(text: string, field: Field): number | undefined {
  const named = field.names.indexOf(text.toLowerCase());
  if (named >= 0) return named + field.least;
  if (!/^\d{1,2}$/.test(text)) return undefined;
  const value = Number(text);
  return value >= field.least && value <= field.most ? value : undefined;
}
