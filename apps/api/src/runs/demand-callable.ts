import { CALLBACK_SECRET } from '#domain';
import type { Egress } from '#egress';
import type { Identity } from '#identity';
import { findSecretOwners, isWhole, type Store } from '#store';
import { ApiProblem } from '../http/api-problem.ts';

/**
 * Told at once where it can be known; the worker asks again about each address that it dials. Who is limited does not learn what a
 * name is inside, nor whether it is there.
 */
export async function demandCallable(
  egress: Pick<Egress, 'checkHost'>,
  url: string,
  { publicOnly }: { publicOnly: boolean },
): Promise<void> {
  const { hostname, protocol, port } = new URL(url);
  const usualPort = protocol === 'https:' ? 443 : 80;
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const checked = await egress.checkHost(host, port === '' ? usualPort : Number(port), { publicOnly });
  if (checked.allowed) return;
  throw new ApiProblem('invalid_request', 'The call-back may not be sent there.', [
    { path: 'body.callback.url', message: publicOnly ? NOT_PUBLIC : checked.because },
  ]);
}

const NOT_PUBLIC =
  'must lead to a public address that the egress policy allows, or into a network that WAYBILL_EGRESS_ALLOW names: your identity is limited to partners or routes';

/**
 * Whoever is limited to partners or routes signs with their secrets: with another's he could tell that one's receiver of runs that
 * never were. The name of a route says whose a secret is only to who makes no routes.
 */
export async function demandOwnSecret(
  db: Store['db'],
  caller: Identity,
  routeName: string,
  secret: string,
): Promise<void> {
  if (isWhole(caller)) return;
  const { partners, routes } = caller;
  const owner = (await findSecretOwners(db, [secret])).get(secret) ?? null;
  const reaches = (partner: string) => partners === 'all' || partners.includes(partner);
  const own = [...(partners === 'all' ? [] : partners), ...(routes === 'all' ? [] : [routeName])].map(
    (name) => `${CALLBACK_SECRET}${name}`,
  );
  const isNamedFor = own.includes(secret);
  if (owner === null ? isNamedFor : reaches(owner) && (isNamedFor || partners !== 'all')) return;
  throw new ApiProblem('invalid_request', 'The call-back may not be signed with this secret.', [
    {
      path: 'body.callback.secretRef.secret',
      message: `must be a secret of one of your partners${own.length > 0 ? `, or ${own.join(', ')}` : ''}`,
    },
  ]);
}
