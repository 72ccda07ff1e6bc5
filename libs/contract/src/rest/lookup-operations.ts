import { endpointSchema, partnerObjectSchema, routeSchema } from './objects.ts';
import { byName, type Operation, READ } from './operation.ts';

/** One object of the configuration, by its name. */
export const LOOKUPS = {
  getPartner: {
    method: 'GET',
    path: '/partners/{name}',
    summary: 'One partner',
    access: READ,
    params: byName,
    success: { status: 200, description: 'The partner', schema: partnerObjectSchema },
    problems: ['not_found'],
  },
  getEndpoint: {
    method: 'GET',
    path: '/endpoints/{name}',
    summary: 'One endpoint; of secrets only the reference',
    access: READ,
    params: byName,
    success: { status: 200, description: 'The endpoint', schema: endpointSchema },
    problems: ['not_found'],
  },
  getRoute: {
    method: 'GET',
    path: '/routes/{name}',
    summary: 'One route',
    access: READ,
    params: byName,
    success: { status: 200, description: 'The route', schema: routeSchema },
    problems: ['not_found'],
  },
} as const satisfies Record<string, Operation>;
