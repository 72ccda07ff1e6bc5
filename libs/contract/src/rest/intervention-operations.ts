import { z } from 'zod';
import { INCIDENT_KINDS, TRANSFER_DECISIONS } from '#domain';
import { nameSchema } from '../configuration/schema-parts.ts';
import { incidentFilterSchema, incidentSchema } from './incident-objects.ts';
import { endpointSchema, pageOf, routeSchema, runSchema, transferSchema } from './objects.ts';
import {
  byId,
  byName,
  idempotent,
  moment,
  noteSchema,
  OPERATE,
  type Operation,
  paging,
  READ,
  reasonSchema,
} from './operation.ts';

const withReason = z.strictObject({ reason: reasonSchema });
const incidentAnswer = {
  status: 200,
  description: 'The incident as it is now',
  schema: incidentSchema,
} as const;
const routeAnswer = { status: 200, description: 'The route as it is now', schema: routeSchema } as const;
const endpointAnswer = {
  status: 200,
  description: 'The endpoint as it is now',
  schema: endpointSchema,
} as const;

/** The rows by which people step in: where something is held, failed, or has to wait. */
export const INTERVENTIONS = {
  cancelRun: {
    method: 'POST',
    path: '/runs/{id}/cancel',
    summary:
      'Cancels what has not begun; transfers in hand give up before they publish, or come to their end',
    access: OPERATE,
    params: byId,
    body: z.strictObject({ reason: noteSchema }),
    success: { status: 202, description: 'The run as it is now', schema: runSchema },
    problems: ['not_found', 'run_finished'],
  },
  rerunRun: {
    method: 'POST',
    path: '/runs/{id}/rerun',
    summary:
      'Makes a new run of what a finished one did not deliver; held transfers wait for their decision. The same Idempotency-Key returns the same run',
    access: OPERATE,
    params: byId,
    headers: idempotent,
    body: z.strictObject({}),
    success: { status: 202, description: 'The new run', schema: runSchema },
    problems: [
      'not_found',
      'run_not_finished',
      'nothing_to_rerun',
      'route_changed',
      'route_disabled',
      'idempotency_key_reused',
    ],
  },
  resolveTransfer: {
    method: 'POST',
    path: '/transfers/{id}/resolve',
    summary:
      'Decides a held transfer: `delivered` (goes on to the disposition of its source), `resend`, or `give_up`',
    access: OPERATE,
    params: byId,
    body: z.strictObject({
      decision: z
        .enum(TRANSFER_DECISIONS)
        .describe(
          '`delivered`: the file is at its destination. `resend`: it is not, move it again. `give_up`: leave it; a file that is at its destination stays `delivered`, any other is `failed`',
        ),
      reason: reasonSchema,
    }),
    success: { status: 202, description: 'The transfer as it is now', schema: transferSchema },
    problems: ['not_found', 'transfer_not_held', 'decision_impossible'],
  },
  pauseRoute: {
    method: 'POST',
    path: '/routes/{name}/pause',
    summary: 'Nothing new begins on the route; what is under way comes to its end, new runs wait',
    access: OPERATE,
    params: byName,
    body: withReason,
    success: routeAnswer,
    problems: ['not_found', 'already_paused'],
  },
  resumeRoute: {
    method: 'POST',
    path: '/routes/{name}/resume',
    summary: 'Ends the pause of the route; the runs that waited begin',
    access: OPERATE,
    params: byName,
    body: z.strictObject({ reason: noteSchema }),
    success: routeAnswer,
    problems: ['not_found', 'not_paused'],
  },
  pauseEndpoint: {
    method: 'POST',
    path: '/endpoints/{name}/pause',
    summary: 'Nothing new begins on any route from or to the endpoint',
    access: OPERATE,
    params: byName,
    body: withReason,
    success: endpointAnswer,
    problems: ['not_found', 'already_paused'],
  },
  resumeEndpoint: {
    method: 'POST',
    path: '/endpoints/{name}/resume',
    summary: 'Ends the pause of the endpoint; the runs that waited begin',
    access: OPERATE,
    params: byName,
    body: z.strictObject({ reason: noteSchema }),
    success: endpointAnswer,
    problems: ['not_found', 'not_paused'],
  },
  listIncidents: {
    method: 'GET',
    path: '/incidents',
    summary: 'Problems that need a person, newest first',
    access: READ,
    query: z.strictObject({
      ...paging,
      state: incidentFilterSchema.optional(),
      kind: z.enum(INCIDENT_KINDS).optional(),
      route: nameSchema.optional(),
      endpoint: nameSchema.optional(),
    }),
    success: { status: 200, description: 'A page of incidents', schema: pageOf(incidentSchema) },
    problems: ['invalid_cursor'],
  },
  getIncident: {
    method: 'GET',
    path: '/incidents/{id}',
    summary: 'One incident',
    access: READ,
    params: byId,
    success: { status: 200, description: 'The incident', schema: incidentSchema },
    problems: ['not_found'],
  },
  acknowledgeIncident: {
    method: 'POST',
    path: '/incidents/{id}/ack',
    summary: 'Says that somebody looks at it; ends a snooze',
    access: OPERATE,
    params: byId,
    body: z.strictObject({ note: noteSchema }),
    success: incidentAnswer,
    problems: ['not_found', 'incident_conflict'],
  },
  snoozeIncident: {
    method: 'POST',
    path: '/incidents/{id}/snooze',
    summary: 'Puts it aside until an instant; then it is open again',
    access: OPERATE,
    params: byId,
    body: z.strictObject({ until: moment, note: noteSchema }),
    success: incidentAnswer,
    problems: ['not_found', 'incident_conflict'],
  },
  resolveIncident: {
    method: 'POST',
    path: '/incidents/{id}/resolve',
    summary: 'Says that it is over; the incident of a held transfer ends with the decision on the transfer',
    access: OPERATE,
    params: byId,
    body: withReason,
    success: incidentAnswer,
    problems: ['not_found', 'incident_conflict'],
  },
} as const satisfies Record<string, Operation>;
