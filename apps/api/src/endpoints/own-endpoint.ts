import type { Identity } from '#identity';
import { type EndpointRecord, findEndpoint, ownsEndpoint } from '#store';
import type { ApiParts } from '../api-parts.ts';
import { ApiProblem } from '../http/api-problem.ts';

/** Before an endpoint is stopped or loaded: 404 where it is not seen, 403 where others depend on it as well. */
export async function demandOwnEndpoint(
  { store }: ApiParts,
  caller: Identity,
  name: string,
): Promise<EndpointRecord> {
  const found = await findEndpoint(store.db, caller, name);
  if (!found)
    throw new ApiProblem(
      'not_found',
      `There is no endpoint "${name}". \`waybill export\` lists the endpoints.`,
    );
  if (!(await ownsEndpoint(store.db, caller, name)))
    throw new ApiProblem(
      'forbidden',
      `The endpoint ${name} serves more than what this identity is limited to.`,
    );
  return found;
}
