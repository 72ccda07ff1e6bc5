import { z } from 'zod';
import { AUDIT_OBJECTS, INCIDENT_KINDS, INCIDENT_STATES } from '#domain';
import { errorSchema, idSchema } from './objects.ts';

const instant = z.iso.datetime();

export const incidentSchema = z.strictObject({
  id: idSchema,
  kind: z.enum(INCIDENT_KINDS),
  state: z.enum(INCIDENT_STATES).describe('One whose snooze is over is open again'),
  object: z.enum(AUDIT_OBJECTS).describe('What it is about; one open incident for each kind and object'),
  objectId: z.string(),
  runId: idSchema.nullable().describe('Where it was seen last'),
  transferId: idSchema.nullable(),
  route: z.string().nullable(),
  endpoint: z.string().nullable(),
  summary: z.string().describe('One sentence for the person on duty'),
  occurrences: z.int().min(1).describe('How often the same happened while it was open'),
  openedAt: instant,
  lastSeenAt: instant,
  acknowledgedAt: instant.nullable(),
  acknowledgedBy: z.string().nullable(),
  snoozedUntil: instant.nullable(),
  resolvedAt: instant.nullable(),
  resolvedBy: z.string().nullable(),
  resolution: z.string().nullable(),
  error: errorSchema.nullable(),
});
export type Incident = z.infer<typeof incidentSchema>;

/** What a list of incidents can be asked for. */
export const incidentFilterSchema = z
  .enum([...INCIDENT_STATES, 'unresolved'])
  .describe('`unresolved`: whatever is not resolved');
export type IncidentFilter = z.infer<typeof incidentFilterSchema>;
