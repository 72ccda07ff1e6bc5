import type { Incident, ItemOf, PostureObject } from '#contract';
import { type Endpoint, standingOf } from '../endpoints/endpoint-summary.ts';

export interface PartnerSummary {
  name: string;
  endpoints: Endpoint[];
  routes: ItemOf<'listRoutes'>[];
  /** Endpoints and routes at rest by somebody's word. */
  paused: number;
  /** Endpoints that nothing can work with as they are. */
  failing: number;
  /** Of the certificate that ends first. */
  daysLeft: number | null;
}

interface Known {
  endpoints: readonly Endpoint[];
  routes: readonly ItemOf<'listRoutes'>[];
  incidents: readonly Incident[];
  posture: readonly PostureObject[];
}

/** One partner with all that hangs on it. */
export function summarise(name: string, { endpoints, routes, incidents, posture }: Known): PartnerSummary {
  const own = endpoints.filter(({ partner }) => partner === name);
  const ways = routes.filter(({ partners }) => partners.includes(name));
  const standings = own.map((endpoint) =>
    standingOf(
      endpoint,
      incidents,
      posture.find((each) => each.endpoint === endpoint.name),
    ),
  );
  const days = posture
    .filter(({ partner }) => partner === name)
    .map(({ certificates }) => certificates[0]?.daysLeft ?? null)
    .filter((left) => left !== null);
  return {
    name,
    endpoints: own,
    routes: ways,
    paused: [...own, ...ways].filter(({ paused }) => paused !== null).length,
    failing: standings.filter(({ tone }) => tone === 'bad').length,
    daysLeft: days.length === 0 ? null : Math.min(...days),
  };
}
