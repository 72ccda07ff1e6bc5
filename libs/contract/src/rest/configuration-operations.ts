import { z } from 'zod';
import type { Role } from '#domain';
import { endpointEntrySchema } from '../configuration/endpoint-schemas.ts';
import { nameSchema } from '../configuration/schema-parts.ts';
import { partnerSchema, routeEntrySchema } from '../configuration/schemas.ts';
import {
  approvalSchema,
  approvalStateSchema,
  configurationChangeSchema,
  nounSchema,
} from './configuration-objects.ts';
import { endpointSchema, pageOf, partnerObjectSchema, routeSchema } from './objects.ts';
import {
  asWritten,
  byId,
  byName,
  INVESTIGATE,
  moment,
  noteSchema,
  type Operation,
  paging,
  reasonSchema,
} from './operation.ts';
import type { ProblemCode } from './problems.ts';

const ADMINISTER: readonly Role[] = ['admin'];

const patch = z
  .record(z.string(), z.unknown())
  .describe(
    'JSON merge patch (RFC 7396): the fields that change, null to remove one. A name never changes. Another host, port or proxy of an endpoint, and behind a proxy also another authority, pin or server name, clears its password and account, and another proxy the password of the proxy, unless the same patch gives them',
  );

const onlyIfMatch = z.object({
  'if-match': z
    .string()
    .max(1_000)
    .optional()
    .describe('The ETag of the object as it was read; required, or the answer is 428'),
});

/** The answer of what has to wait for a second person. */
export const pending = {
  status: 202,
  description: 'Nothing is changed yet: another admin has to approve it (WAYBILL_FOUR_EYES)',
  schema: approvalSchema,
} as const;

const CREATE: readonly ProblemCode[] = ['name_taken'];
const CHANGE: readonly ProblemCode[] = [
  'not_found',
  'in_use',
  'precondition_failed',
  'precondition_required',
];
const DELETE: readonly ProblemCode[] = CHANGE;
const gone = { status: 204, description: 'It is deleted', empty: true } as const;

/** The rows that change the configuration, and those that show who changed what. */
export const CONFIGURATION = {
  createPartner: {
    method: 'POST',
    path: '/partners',
    summary: 'A new partner',
    access: ADMINISTER,
    body: asWritten(partnerSchema, 'As in the configuration file'),
    success: { status: 201, description: 'The partner', schema: partnerObjectSchema },
    problems: CREATE,
  },
  changePartner: {
    method: 'PATCH',
    path: '/partners/{name}',
    summary: 'Changes a partner',
    access: ADMINISTER,
    params: byName,
    headers: onlyIfMatch,
    body: patch,
    success: { status: 200, description: 'The partner as it is now', schema: partnerObjectSchema },
    problems: CHANGE,
  },
  deletePartner: {
    method: 'DELETE',
    path: '/partners/{name}',
    summary: 'Deletes a partner that has no endpoints',
    access: ADMINISTER,
    params: byName,
    headers: onlyIfMatch,
    success: gone,
    problems: DELETE,
  },
  createEndpoint: {
    method: 'POST',
    path: '/endpoints',
    summary:
      'A new endpoint; of secrets only the reference: to a stored one, of its own partner or of the whole installation',
    access: ADMINISTER,
    body: asWritten(endpointEntrySchema, 'As in the configuration file; certificates as PEM text'),
    success: { status: 201, description: 'The endpoint', schema: endpointSchema },
    accepted: pending,
    problems: CREATE,
  },
  changeEndpoint: {
    method: 'PATCH',
    path: '/endpoints/{name}',
    summary:
      'Changes an endpoint; another host, port or proxy clears its credentials unless they are given anew',
    access: ADMINISTER,
    params: byName,
    headers: onlyIfMatch,
    body: patch,
    success: { status: 200, description: 'The endpoint as it is now', schema: endpointSchema },
    accepted: pending,
    problems: CHANGE,
  },
  deleteEndpoint: {
    method: 'DELETE',
    path: '/endpoints/{name}',
    summary: 'Deletes an endpoint that no route uses and no record names',
    access: ADMINISTER,
    params: byName,
    headers: onlyIfMatch,
    success: gone,
    problems: DELETE,
  },
  createRoute: {
    method: 'POST',
    path: '/routes',
    summary: 'A new route',
    access: ADMINISTER,
    body: asWritten(routeEntrySchema, 'As in the configuration file'),
    success: { status: 201, description: 'The route', schema: routeSchema },
    problems: CREATE,
  },
  changeRoute: {
    method: 'PATCH',
    path: '/routes/{name}',
    summary: 'Changes a route',
    access: ADMINISTER,
    params: byName,
    headers: onlyIfMatch,
    body: patch,
    success: { status: 200, description: 'The route as it is now', schema: routeSchema },
    problems: CHANGE,
  },
  deleteRoute: {
    method: 'DELETE',
    path: '/routes/{name}',
    summary: 'Deletes a route that has never run; one that has is switched off with `enabled: false`',
    access: ADMINISTER,
    params: byName,
    headers: onlyIfMatch,
    success: gone,
    problems: DELETE,
  },
  listConfigurationChanges: {
    method: 'GET',
    path: '/configuration/changes',
    summary: 'Who changed what of the configuration, before and after; latest first',
    access: INVESTIGATE,
    query: z.strictObject({
      ...paging,
      noun: nounSchema.optional(),
      name: nameSchema.optional(),
      actor: z.string().min(1).max(200).optional().describe('Name of who changed it'),
      since: moment.optional(),
      until: moment.optional(),
    }),
    success: { status: 200, description: 'A page of changes', schema: pageOf(configurationChangeSchema) },
    problems: ['invalid_cursor'],
  },
  listApprovals: {
    method: 'GET',
    path: '/approvals',
    summary: 'What waits, or waited, for a second person; latest first',
    access: INVESTIGATE,
    query: z.strictObject({ ...paging, state: approvalStateSchema.optional() }),
    success: { status: 200, description: 'A page of approvals', schema: pageOf(approvalSchema) },
    problems: ['invalid_cursor'],
  },
  getApproval: {
    method: 'GET',
    path: '/approvals/{id}',
    summary: 'One approval',
    access: INVESTIGATE,
    params: byId,
    success: { status: 200, description: 'The approval', schema: approvalSchema },
    problems: ['not_found'],
  },
  approveApproval: {
    method: 'POST',
    path: '/approvals/{id}/approve',
    summary: 'The second person agrees: it takes effect now',
    access: ADMINISTER,
    params: byId,
    body: z.strictObject({ note: noteSchema }),
    success: { status: 200, description: 'The approval, approved', schema: approvalSchema },
    problems: ['not_found', 'approval_decided', 'approval_outdated', 'second_person_required', 'in_use'],
  },
  rejectApproval: {
    method: 'POST',
    path: '/approvals/{id}/reject',
    summary: 'Nothing takes effect; who asked may withdraw it by this too',
    access: ADMINISTER,
    params: byId,
    body: z.strictObject({ reason: reasonSchema }),
    success: { status: 200, description: 'The approval, rejected', schema: approvalSchema },
    problems: ['not_found', 'approval_decided'],
  },
} as const satisfies Record<string, Operation>;
