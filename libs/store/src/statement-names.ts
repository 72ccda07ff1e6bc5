/** How often a statement has to come before the server keeps its plan. */
const OFTEN = 20;
/** Each connection keeps a plan for each name: more would cost the server memory for statements that are rare. */
const MOST_NAMES = 60;

/**
 * Names for statements that come again and again, so that the server parses and plans them once per connection; the empty
 * name for all others. A small file is a few dozen statements of half a millisecond, half of which is planning.
 */
export function statementNames(): (query: { sql: string }) => string {
  const names = new Map<string, string>();
  const seen = new Map<string, number>();
  return ({ sql }) => {
    const name = names.get(sql);
    if (name !== undefined) return name;
    if (names.size === MOST_NAMES) return '';
    const times = (seen.get(sql) ?? 0) + 1;
    if (times < OFTEN) {
      // Lists of values make ever new texts; what is forgotten here is only counted anew.
      if (seen.size === 1_000) seen.clear();
      seen.set(sql, times);
      return '';
    }
    seen.delete(sql);
    names.set(sql, `waybill_${names.size + 1}`);
    return names.get(sql)!;
  };
}
