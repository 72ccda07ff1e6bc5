import { EVERYTHING, type Scope } from '../src/index.ts';

/** Name, source, destination. `relay` goes from one partner to another, `house` belongs to nobody. */
export const ROUTES = [
  ['acme-in', 'acme-ftps', 'inbox'],
  ['globex-in', 'globex-ftps', 'inbox'],
  ['globex-out', 'vault', 'globex-ftps'],
  ['relay', 'acme-ftps', 'globex-ftps'],
  ['house', 'inbox', 'vault'],
] as const;
export const ENDPOINTS = ['acme-ftps', 'globex-ftps', 'inbox', 'spare', 'vault'];

export const SCOPES: Record<string, Scope> = {
  everything: EVERYTHING,
  'one partner': { partners: ['acme'], routes: 'all' },
  'two partners': { partners: ['acme', 'globex'], routes: 'all' },
  'one route of nobody': { partners: 'all', routes: ['house'] },
  'one route of a partner': { partners: 'all', routes: ['globex-out'] },
  'a partner and routes of others too': { partners: ['acme'], routes: ['acme-in', 'globex-in', 'relay'] },
  "another partner's route": { partners: ['acme'], routes: ['globex-in'] },
  'no partner': { partners: [], routes: 'all' },
  'no route': { partners: 'all', routes: [] },
  'names that nobody has': { partners: ["acme' OR true --", 'ACME', '*', ''], routes: 'all' },
};
const SEES: Record<string, { partners: string[]; endpoints: string[]; routes: string[] }> = {
  everything: { partners: ['acme', 'globex'], endpoints: ENDPOINTS, routes: ROUTES.map(([name]) => name) },
  'one partner': { partners: ['acme'], endpoints: ['acme-ftps', 'inbox'], routes: ['acme-in'] },
  'two partners': {
    partners: ['acme', 'globex'],
    endpoints: ['acme-ftps', 'globex-ftps', 'inbox', 'vault'],
    routes: ['acme-in', 'globex-in', 'globex-out', 'relay'],
  },
  'one route of nobody': { partners: [], endpoints: ['inbox', 'vault'], routes: ['house'] },
  'one route of a partner': {
    partners: ['globex'],
    endpoints: ['globex-ftps', 'vault'],
    routes: ['globex-out'],
  },
  'a partner and routes of others too': {
    partners: ['acme'],
    endpoints: ['acme-ftps', 'inbox'],
    routes: ['acme-in'],
  },
};
export const cases = Object.entries(SCOPES).map(([name, scope]) => ({
  name,
  scope,
  sees: SEES[name] ?? { partners: [], endpoints: [], routes: [] },
  owns: ownedWithin(scope),
}));

/** Endpoints on which no route outside depends. */
function ownedWithin({ partners, routes }: Scope): string[] {
  if (partners === 'all') return routes === 'all' ? ENDPOINTS : [];
  const own = ['acme', 'globex'].filter((name) => partners.includes(name));
  return routes === 'all' ? own.map((name) => `${name}-ftps`) : [];
}
