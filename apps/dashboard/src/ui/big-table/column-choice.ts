/** Which columns of a table somebody wants to see, and in which order. */
export interface ColumnChoice {
  order: string[];
  hidden: string[];
}

interface Known {
  id: string;
  /** Not shown until it is chosen. */
  hidden?: boolean;
  /** Always there: it names the row. */
  main?: boolean;
}

export function defaultChoice(columns: readonly Known[]): ColumnChoice {
  return {
    order: columns.map(({ id }) => id),
    hidden: columns.filter(({ hidden }) => hidden).map(({ id }) => id),
  };
}

/** What was kept, as far as it still fits: columns may have come or gone since. */
export function readChoice(kept: string | null, columns: readonly Known[]): ColumnChoice {
  const given = parse(kept);
  const usual = defaultChoice(columns);
  if (!given) return usual;
  const known = new Map(columns.map((column) => [column.id, column]));
  const order = given.order.filter((id, index) => known.has(id) && given.order.indexOf(id) === index);
  for (const [index, { id }] of columns.entries()) if (!order.includes(id)) order.splice(index, 0, id);
  const hidden = given.hidden.filter((id) => known.has(id) && !known.get(id)!.main);
  const isNew = (id: string) => !given.order.includes(id);
  return { order, hidden: [...new Set([...hidden, ...usual.hidden.filter(isNew)])] };
}

export function writeChoice(choice: ColumnChoice): string {
  return JSON.stringify(choice);
}

export function moveColumn({ order, hidden }: ColumnChoice, id: string, by: -1 | 1): ColumnChoice {
  const at = order.indexOf(id);
  const to = at + by;
  if (at < 0 || to < 0 || to >= order.length) return { order, hidden };
  const moved = order.with(at, order[to]!).with(to, id);
  return { order: moved, hidden };
}

export function showColumn({ order, hidden }: ColumnChoice, id: string, shown: boolean): ColumnChoice {
  const others = hidden.filter((other) => other !== id);
  return { order, hidden: shown ? others : [...others, id] };
}

function parse(kept: string | null): ColumnChoice | undefined {
  try {
    const said: unknown = JSON.parse(kept ?? 'null');
    if (typeof said !== 'object' || said === null || !('order' in said) || !('hidden' in said))
      return undefined;
    return { order: words(said.order), hidden: words(said.hidden) };
  } catch {
    return undefined;
  }
}

function words(said: unknown): string[] {
  return Array.isArray(said) ? said.filter((word): word is string => typeof word === 'string') : [];
}
