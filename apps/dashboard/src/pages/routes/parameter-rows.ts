import type { Route } from './route-words.ts';

export interface ParameterRow {
  name: string;
  pattern: string;
  /** Empty: none. */
  usual: string;
}

type Declared = NonNullable<Route['parameters']>;

export function rowsOf(declared: Declared | null | undefined): ParameterRow[] {
  return Object.entries(declared ?? {}).map(([name, { pattern, default: usual = '' }]) => ({
    name,
    pattern,
    usual,
  }));
}

/** A row without a name is not there yet; of two with one name the first counts. */
export function declaredOf(rows: readonly ParameterRow[]): Declared | undefined {
  const named = rows.filter(
    ({ name }, index) => name !== '' && rows.findIndex((row) => row.name === name) === index,
  );
  if (named.length === 0) return undefined;
  return Object.fromEntries(
    named.map(({ name, pattern, usual }) => [name, { pattern, ...(usual !== '' && { default: usual }) }]),
  );
}
