import { z } from 'zod';
import { type Actor, APPROVAL_STATES } from '#domain';
import { idSchema } from './objects.ts';

const instant = z.iso.datetime();
const kinds = {
  user: 'user',
  api_key: 'api_key',
  scheduler: 'scheduler',
  worker: 'worker',
  system: 'system',
} as const satisfies { [Kind in Actor['kind']]: Kind };
const actor = z.strictObject({ kind: z.enum(kinds), name: z.string() });

const changeKind = z.enum(['create', 'change', 'delete']);
export const nounSchema = z.enum(['partner', 'endpoint', 'route']);

const fieldChange = z.strictObject({
  path: z.string().describe('`tls.pins`'),
  before: z.unknown().optional().describe('Absent: there was none'),
  after: z.unknown().optional().describe('Absent: there is none any more'),
});

const entry = z.record(z.string(), z.unknown());

export const configurationChangeSchema = z.strictObject({
  id: z.string().regex(/^\d+$/).describe('Grows with time'),
  at: instant,
  changeSet: idSchema.describe('The same for what one request or one file has changed together'),
  actor,
  approvalId: idSchema.nullable().describe('Where a second person had to approve it'),
  origin: z.string().describe('`rest`, or the name of the applied file'),
  kind: changeKind,
  noun: nounSchema,
  name: z.string(),
  before: entry.nullable().describe('As the file writes the object; of secrets only the reference'),
  after: entry.nullable(),
  fields: z.array(fieldChange).describe('Each value that differs'),
});
export type ConfigurationChangeObject = z.infer<typeof configurationChangeSchema>;

export const approvalStateSchema = z.enum(APPROVAL_STATES);
export const approvalSchema = z.strictObject({
  id: idSchema,
  kind: z.string().describe('`configuration`, or another part that wants four eyes'),
  state: approvalStateSchema,
  requestedAt: instant,
  requestedBy: actor,
  summary: z.string(),
  changes: z.array(
    z.strictObject({ kind: changeKind, noun: z.string(), name: z.string(), fields: z.array(fieldChange) }),
  ),
  decidedAt: instant.nullable(),
  decidedBy: actor.nullable(),
  note: z.string().nullable(),
});
export type Approval = z.infer<typeof approvalSchema>;
