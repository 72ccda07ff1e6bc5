export interface Found {
  by: 'route' | 'partner';
  name: string;
}

/** Routes and partners that have the text in their name; those that begin with it first. */
export function findNamed(
  typed: string,
  names: { routes: readonly string[] | undefined; partners: readonly string[] | undefined },
): Found[] {
  const text = typed.trim().toLowerCase();
  if (text === '') return [];
  const within = (by: Found['by'], all: readonly string[] = []): Found[] =>
    all.filter((name) => name.toLowerCase().includes(text)).map((name) => ({ by, name }));
  const place = ({ name }: Found) => name.toLowerCase().indexOf(text);
  return [...within('route', names.routes), ...within('partner', names.partners)].toSorted(
    (one, other) => Math.min(place(one), 1) - Math.min(place(other), 1),
  );
}
