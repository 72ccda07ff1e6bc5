import type { ItemOf } from '#contract';

type Route = ItemOf<'listRoutes'>;

const STANDINGS = ['on', 'paused', 'off'] as const;
export type StandingId = (typeof STANDINGS)[number];

export function standingIdOf({ enabled, paused }: Pick<Route, 'enabled' | 'paused'>): StandingId {
  if (!enabled) return 'off';
  return paused ? 'paused' : 'on';
}

export interface RouteFilters {
  /** A part of its name, of an endpoint, a folder or a pattern. */
  q: string;
  partner: string;
  state: string;
}

export function findRoutes(routes: readonly Route[], { q, partner, state }: RouteFilters): Route[] {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  return routes.filter((route) => {
    if (partner !== '' && !route.partners.includes(partner)) return false;
    if (isStanding(state) && standingIdOf(route) !== state) return false;
    const { name, source, destination, partners } = route;
    const text = [name, ...partners, source.endpoint, source.path, ...source.select, source.regex ?? '']
      .concat(destination.endpoint, destination.path)
      .join(' ')
      .toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

export function isStanding(state: string): state is StandingId {
  return STANDINGS.some((known) => known === state);
}
