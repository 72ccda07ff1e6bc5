import { useQueries } from '@tanstack/react-query';
import { configuredQuery } from '../forms/configured-object.ts';

/** Of these endpoints, those that are servers; what cannot be read is taken for none. */
export function useServers(names: readonly (string | undefined)[]): string[] {
  const known = [...new Set(names.filter((name) => name !== undefined))];
  return useQueries({
    queries: known.map((name) => ({ ...configuredQuery('endpoint', name), staleTime: 60_000 })),
    combine: (answers) =>
      answers.flatMap(({ data }) => (data && data.object.protocol !== 'local' ? [data.object.name] : [])),
  });
}
