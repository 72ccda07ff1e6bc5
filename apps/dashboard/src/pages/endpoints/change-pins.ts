import { useQueryClient } from '@tanstack/react-query';
import { changeObject, configuredQuery } from '../../forms/configured-object.ts';
import { tellWaiting } from '../../forms/tell-waiting.ts';
import { tell } from '../../ui/tell.tsx';

/** Adds and removes pins of what is configured now, not of what the page read a while ago. */
export function useChangePins(
  name: string,
): (change: (pins: string[]) => string[], done: string) => Promise<void> {
  const queries = useQueryClient();
  return async (change, done) => {
    const { object, etag } = await queries.fetchQuery({ ...configuredQuery('endpoint', name), staleTime: 0 });
    if (object.protocol !== 'ftps') throw new Error(`${name} has no TLS.`);
    const saved = await changeObject('endpoint', name, { tls: { pins: change(object.tls.pins) } }, etag);
    await queries.invalidateQueries({
      predicate: ({ queryKey }) =>
        /^(getEndpoint|list(Endpoints|Posture|ConfigurationChanges|Approvals))$/.test(String(queryKey[0])),
    });
    if (saved.state === 'saved') tell(done);
    else tellWaiting(saved.approval.id);
  };
}
