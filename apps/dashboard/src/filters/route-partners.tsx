import { useQuery } from '@tanstack/react-query';
import { createContext, type ReactNode, use, useMemo } from 'react';
import { readAll } from '../api/read-all.ts';

const RoutePartnersContext = createContext<ReadonlyMap<string, readonly string[]>>(new Map());

/** Rows name their route; whose it is, the routes tell. Around a list, so that no row asks by itself. */
export function RoutePartnersProvider({ children }: { children: ReactNode }) {
  const { data } = useQuery({ ...readAll('listRoutes'), staleTime: 60_000 });
  const partners = useMemo(() => new Map(data?.map((route) => [route.name, route.partners])), [data]);
  return <RoutePartnersContext value={partners}>{children}</RoutePartnersContext>;
}

/** Nothing until it is known, and for a route that is gone. */
export function RoutePartners({ route }: { route: string }) {
  return use(RoutePartnersContext).get(route)?.join(', ') ?? '';
}
