import { useQueries } from '@tanstack/react-query';
import type { Approval } from '#contract';
import { call } from '../../api/call.ts';
import { useMay } from '../../session/me.ts';

const NOUNS = ['partner', 'endpoint', 'route'] as const;
type Noun = (typeof NOUNS)[number];

/** Has one of its objects changed since it was asked for? Then the api would refuse it. undefined: not that anybody knows. */
export function useOutdated({
  changes,
  requestedAt,
}: Approval): { noun: Noun; name: string; at: string } | undefined {
  const may = useMay();
  const objects = changes.flatMap(({ noun, name }) => {
    const known = NOUNS.find((each) => each === noun);
    return known ? [{ noun: known, name }] : [];
  });
  return useQueries({
    queries: objects.map(({ noun, name }) => ({
      queryKey: ['listConfigurationChanges', { noun, name, limit: 1 }, 'last'],
      queryFn: () => call('listConfigurationChanges', { query: { noun, name, limit: 1 } }),
      enabled: may('listConfigurationChanges'),
    })),
    combine: (answers) =>
      answers
        .map(({ data }, index) => ({ ...objects[index]!, at: data?.items[0]?.at ?? '' }))
        .find(({ at }) => at > requestedAt),
  });
}
