import type { Me } from '#contract';

export type Reach = Me['partners'];

/** `all partners`, `partner acme`, `partners acme, beta`. */
export function reachText(reach: Reach, noun: 'partner' | 'route'): string {
  if (reach === 'all') return `all ${noun}s`;
  if (reach.length === 0) return `no ${noun}`;
  return `${noun}${reach.length === 1 ? '' : 's'} ${reach.join(', ')}`;
}

export function sameReach(one: Reach, other: Reach): boolean {
  if (one === 'all' || other === 'all') return one === other;
  const named = new Set(one);
  return named.size === new Set(other).size && other.every((name) => named.has(name));
}

/** One name in or out, in the order of the alphabet. */
export function toggleName(reach: readonly string[], name: string): string[] {
  return reach.includes(name) ? reach.filter((each) => each !== name) : [...reach, name].toSorted();
}
