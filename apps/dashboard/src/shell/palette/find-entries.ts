import type { IconName } from '../../ui/icon.tsx';

export interface PaletteEntry {
  id: string;
  title: string;
  icon: IconName;
  /** What tells it from others of the same name. */
  beside?: string;
  href: string;
  /** Asked for first: the route that is run now. */
  run?: string;
}

export interface PaletteGroup {
  value: string;
  items: PaletteEntry[];
}

const MOST_IN_GROUP = 6;

/** What holds every word that was typed, those that begin with it first; nothing typed finds all. */
export function findEntries(typed: string, groups: readonly PaletteGroup[]): PaletteGroup[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  return groups
    .map(({ value, items }) => ({ value, items: best(words, items).slice(0, MOST_IN_GROUP) }))
    .filter(({ items }) => items.length > 0);
}

function best(words: readonly string[], entries: readonly PaletteEntry[]): PaletteEntry[] {
  return entries
    .map((entry) => ({ entry, rank: rankOf(words, entry.title.toLowerCase()) }))
    .filter(({ rank }) => rank !== undefined)
    .sort((one, other) => one.rank! - other.rank!)
    .map(({ entry }) => entry);
}

/** 0 for the whole title, up to 3 where a word stands inside another; undefined where one is missing. */
function rankOf(words: readonly string[], title: string): number | undefined {
  if (words.join(' ') === title) return 0;
  const ranks = words.map((word) => {
    if (title.startsWith(word)) return 1;
    const at = title.indexOf(word);
    if (at < 0) return undefined;
    return /[\s._/-]/.test(title[at - 1]!) ? 2 : 3;
  });
  return ranks.includes(undefined) ? undefined : Math.max(1, ...(ranks as number[]));
}

export type Lookup =
  | { kind: 'id'; id: string }
  | { kind: 'sha256'; prefix: string }
  | { kind: 'name'; contains: string };

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const SHA256 = /^[0-9a-f]{8,64}$/i;
const SHORTEST_NAME = 3;

/** What the api is asked for with what was typed or pasted: a name may look like the beginning of a hash. */
export function lookupsOf(typed: string): Lookup[] {
  const text = typed.trim();
  if (ID.test(text)) return [{ kind: 'id', id: text.toLowerCase() }];
  const lookups: Lookup[] = [];
  if (SHA256.test(text)) lookups.push({ kind: 'sha256', prefix: text.toLowerCase() });
  if (text.length >= SHORTEST_NAME && text.length <= 200) lookups.push({ kind: 'name', contains: text });
  return lookups;
}
