import { useQuery } from '@tanstack/react-query';
import { readAll } from '../../api/read-all.ts';

/** What partners are shown with; the lists are short, and shared by the pages of partners, endpoints and routes. */
export function useExchange() {
  const endpoints = useQuery(readAll('listEndpoints'));
  const routes = useQuery(readAll('listRoutes'));
  const incidents = useQuery(readAll('listIncidents', { state: 'unresolved', kind: 'login_refused' }));
  const posture = useQuery(readAll('listPosture'));
  return {
    error: endpoints.error ?? routes.error ?? incidents.error ?? posture.error,
    /** Before that nobody can say that there is none of something. */
    isKnown: ![endpoints, routes, incidents, posture].some(({ isPending }) => isPending),
    known: {
      endpoints: endpoints.data ?? [],
      routes: routes.data ?? [],
      incidents: incidents.data ?? [],
      posture: posture.data ?? [],
    },
  };
}
