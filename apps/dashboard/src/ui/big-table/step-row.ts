/** Where a key leads from a row; undefined for keys that are not about rows. */
export function stepRow(
  key: string,
  from: number,
  { count, pageRows }: { count: number; pageRows: number },
): number | undefined {
  const last = count - 1;
  const to: Record<string, number> = {
    ArrowDown: from + 1,
    ArrowUp: from - 1,
    PageDown: from + pageRows,
    PageUp: from - pageRows,
    Home: 0,
    End: last,
  };
  const wanted = to[key];
  return wanted === undefined || last < 0 ? undefined : Math.min(Math.max(wanted, 0), last);
}
