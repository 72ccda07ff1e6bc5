import type { Transfer } from '#contract';

type State = Transfer['state'];

/** In the order in which somebody looks for them. */
export const FILTER_STATES: readonly State[] = [
  'failed',
  'held',
  'claimed',
  'streaming',
  'verifying',
  'publishing',
  'disposing',
  'planned',
  'delivered',
  'suppressed',
  'cancelled',
];

/** What `?state=` asks for; a word that is no state is told, and narrows nothing. */
export function filterOf(said: string | undefined): { state?: State; unknown?: string } {
  if (said === undefined || said === '') return {};
  const state = FILTER_STATES.find((known) => known === said);
  return state ? { state } : { unknown: said };
}
