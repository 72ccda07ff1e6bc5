/** One thing a list can be narrowed by, as it stands in the address. */
export interface FilterRule {
  /** The api's own name for it. */
  name: string;
  /** Heads its control: `State`. */
  title: string;
  /** Whether the api would take the value. */
  takes(value: string): boolean;
  /** What it can be, where that is known beforehand. */
  values?: readonly string[];
  /** A value in words where the api's own is none. */
  says?: Readonly<Record<string, string>>;
  /** Only shown while it is set: it comes with a link, nobody types it. */
  quiet?: boolean;
}

export type Address = Readonly<Record<string, string | undefined>>;
export type Filters = Readonly<Record<string, string>>;

export interface ReadFilters {
  filters: Filters;
  /** What the address says and nobody understands; it is left out, and said. */
  ignored: { name: string; value: string }[];
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export function oneOf(name: string, title: string, values: readonly string[]): FilterRule {
  return { name, title, values, takes: (value) => values.includes(value) };
}

/** The value of a filter as people read it: `partly delivered`. */
export function sayValue({ says }: FilterRule, value: string): string {
  return says?.[value] ?? value.replaceAll('_', ' ');
}

/** By the name of something that is configured. */
export function named(name: string, title: string): FilterRule {
  return { name, title, takes: (value) => NAME.test(value) };
}

export function byId(name: string, title: string): FilterRule {
  return { name, title, takes: (value) => UUID.test(value), quiet: true };
}

/** @param others names in the address that belong to other parts of the page */
export function readFilters(
  address: Address,
  rules: readonly FilterRule[],
  others: readonly string[] = [],
): ReadFilters {
  const filters: Record<string, string> = {};
  const ignored: ReadFilters['ignored'] = [];
  const byName = new Map(rules.map((rule) => [rule.name, rule]));
  for (const [name, value] of Object.entries(address)) {
    if (value === undefined || value === '' || others.includes(name)) continue;
    const rule = byName.get(name);
    if (rule?.takes(value)) filters[name] = value;
    else ignored.push({ name, value });
  }
  return { filters, ignored };
}

/** The address with these filters changed; undefined takes one out. What nobody understands goes with the first change. */
export function changeAddress(
  address: Address,
  changes: Address,
  ignored: ReadFilters['ignored'] = [],
): Record<string, string> {
  const dropped = new Set(ignored.map(({ name }) => name));
  const kept = Object.entries(address).filter(([name]) => !dropped.has(name));
  return Object.fromEntries(
    Object.entries({ ...Object.fromEntries(kept), ...changes }).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '',
    ),
  );
}

/** Whatever the data hold: the list is told what there is. */
export function anyText(name: string, title: string, most: number): FilterRule {
  return { name, title, takes: (value) => value.length <= most };
}
