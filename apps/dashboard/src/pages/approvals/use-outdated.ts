import { useQueries, useQuery } from '@tanstack/react-query';
import type { Approval } from '#contract';
import { call } from '../../api/call.ts';
import { readAll } from '../../api/read-all.ts';
import { useMay } from '../../session/me.ts';
import { outdatedBy } from './outdated.ts';

const NOUNS = ['partner', 'endpoint', 'route'] as const;

/** Why it cannot be approved any more, as far as the reader may find out; each list is read once for all approvals. */
export function useOutdated(approval: Approval): string | undefined {
  const { changes } = approval;
  const may = useMay();
  const isAbout = (noun: string) => changes.some((change) => change.noun === noun);
  const keys = useQuery({ ...readAll('listKeys'), enabled: isAbout('api_key') && may('listKeys') });
  const secrets = useQuery({ ...readAll('listSecrets'), enabled: isAbout('secret') && may('listSecrets') });
  const users = useQuery({ ...readAll('listUsers'), enabled: isAbout('user') && may('listUsers') });
  const objects = changes.flatMap(({ noun, name }) => {
    const known = NOUNS.find((each) => each === noun);
    return known ? [{ noun: known, name }] : [];
  });
  const lastChanges = useQueries({
    queries: objects.map(({ noun, name }) => ({
      queryKey: ['listConfigurationChanges', { noun, name, limit: 1 }, 'last'],
      queryFn: () => call('listConfigurationChanges', { query: { noun, name, limit: 1 } }),
      enabled: may('listConfigurationChanges'),
    })),
  });
  const changedAt = new Map(
    objects.map(({ noun, name }, index) => [`${noun} ${name}`, lastChanges[index]?.data?.items[0]?.at ?? '']),
  );
  return outdatedBy(approval, { changedAt, keys: keys.data, secrets: secrets.data, users: users.data });
}
