import type { Address, FilterRule } from './address-filters.ts';

/** What the text in the search of files can be taken for. */
export const TEXT_FILTERS = ['contains', 'name', 'sha256Prefix', 'sha256'] as const;
export type TextFilter = (typeof TEXT_FILTERS)[number];

export type SearchMeaning =
  | { kind: 'nothing' }
  /** Too little, or too much, to look for. */
  | { kind: 'short' | 'long' }
  /** It names one object. */
  | { kind: 'id'; id: string }
  | { kind: 'filter'; by: TextFilter; value: string };

/** Fewer characters would find everything, and no index helps (`contains` in the contract). */
const LEAST = 3;
const MOST = 200;
const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const HASH_BEGIN = /^[0-9a-f]{8,64}$/i;
const LETTER = /[a-f]/i;
const DIGIT = /\d/;

/** A date (`20261121`) is digits only, and a word (`deadbeef`) letters only: both are looked for in names. */
function looksLikeHash(text: string): boolean {
  return HASH_BEGIN.test(text) && (text.length > 20 || (LETTER.test(text) && DIGIT.test(text)));
}

/** @param as how somebody wants it to be taken who was not understood the first time */
export function readSearchText(typed: string, as?: 'name' | 'hash'): SearchMeaning {
  const text = typed.trim();
  if (text === '') return { kind: 'nothing' };
  if (ID.test(text)) return { kind: 'id', id: text.toLowerCase() };
  if (text.length > MOST) return { kind: 'long' };
  if (as !== 'name' && (looksLikeHash(text) || (as === 'hash' && HASH_BEGIN.test(text)))) {
    const value = text.toLowerCase();
    return { kind: 'filter', by: value.length === 64 ? 'sha256' : 'sha256Prefix', value };
  }
  if (/[*?]/.test(text)) return { kind: 'filter', by: 'name', value: text };
  if (text.length < LEAST) return { kind: 'short' };
  return { kind: 'filter', by: 'contains', value: text };
}

/** What else the text could mean; undefined where there is no doubt. */
export function otherMeaning(typed: string, meaning: SearchMeaning): 'name' | 'hash' | undefined {
  if (meaning.kind !== 'filter') return undefined;
  const isHash = meaning.by === 'sha256' || meaning.by === 'sha256Prefix';
  if (isHash) return 'name';
  return HASH_BEGIN.test(typed.trim()) ? 'hash' : undefined;
}

/** For the address: the one filter that is meant, and none of the others. */
export function filtersOfText(meaning: SearchMeaning): Record<TextFilter, string | undefined> {
  const none = { contains: undefined, name: undefined, sha256Prefix: undefined, sha256: undefined };
  return meaning.kind === 'filter' ? { ...none, [meaning.by]: meaning.value } : none;
}

/** What stands in the search where the address has such a filter. */
export function textOf(filters: Address): string {
  return TEXT_FILTERS.map((name) => filters[name]).find((value) => value !== undefined) ?? '';
}

const RULES: readonly FilterRule[] = [
  {
    name: 'contains',
    title: 'Name holds',
    takes: (value) => value.length >= LEAST && value.length <= MOST,
  },
  { name: 'name', title: 'Name', takes: (value) => value.length <= MOST },
  { name: 'sha256Prefix', title: 'SHA-256 begins with', takes: (value) => HASH_BEGIN.test(value) },
  { name: 'sha256', title: 'SHA-256', takes: (value) => /^[0-9a-f]{64}$/.test(value) },
];
export const TEXT_RULES: readonly FilterRule[] = RULES.map((rule) => ({ ...rule, quiet: true }));
