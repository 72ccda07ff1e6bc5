/** A difference, as a plan and an approval show it. */
interface Change {
  kind: 'create' | 'change' | 'delete';
  noun: string;
  name: string;
  fields: readonly { path: string; before?: unknown; after?: unknown }[];
}

const MARK = { create: '+', change: '~', delete: '-' } as const;

/** Pure: each object, and below it each value that differs. */
export function changeLines(changes: readonly Change[], mostOfAValue = Number.POSITIVE_INFINITY): string[] {
  const short = (value: unknown) => {
    const text = JSON.stringify(value);
    return text.length > mostOfAValue ? `${text.slice(0, mostOfAValue - 3)}...` : text;
  };
  return changes.flatMap(({ kind, noun, name, fields }) => [
    `${MARK[kind]} ${noun} ${name}`,
    ...fields.map(({ path, before, after }) => {
      const from = before === undefined ? '' : `${short(before)} -> `;
      return `    ${path}: ${from}${after === undefined ? '(unset)' : short(after)}`;
    }),
  ]);
}
