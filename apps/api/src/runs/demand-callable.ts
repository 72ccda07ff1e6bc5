import type { Egress } from '#egress';
import { ApiProblem } from '../http/api-problem.ts';

/** Told at once where it can be known; the worker asks again about each address that it dials. */
export async function demandCallable(egress: Pick<Egress, 'checkHost'>, url: string): Promise<void> {
  const { hostname, protocol, port } = new URL(url);
  const usualPort = protocol === 'https:' ? 443 : 80;
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const checked = await egress.checkHost(host, port === '' ? usualPort : Number(port));
  if (checked.allowed) return;
  throw new ApiProblem('invalid_request', 'The call-back may not be sent there.', [
    { path: 'body.callback.url', message: checked.because },
  ]);
}
