import { z } from 'zod';
import { scheduleEntrySchema, windowSchema } from '../configuration/schemas.ts';
import { asWritten, byName, moment, type Operation, READ } from './operation.ts';
import { schedulePreviewSchema } from './schedule-objects.ts';

/** Finding this many takes 200 ms of a process at worst, in pieces of a few. */
export const MOST_FIRES = 100;
const soon = moment.refine((text) => text < '2200', 'must be before 2200');

const countSchema = z.int().min(1).max(MOST_FIRES);
const from = soon.optional().describe('As if it were then; what is due at that moment counts');
const downUntil = soon
  .optional()
  .describe('As if no scheduler ran before then: what the misfire policy does');

export const SCHEDULES = {
  previewSchedule: {
    method: 'GET',
    path: '/routes/{name}/schedule/preview',
    summary: 'When the route fires next, as the scheduler would decide it, each decision explained',
    access: READ,
    params: byName,
    query: z.strictObject({
      count: z.coerce.number<number>().pipe(countSchema).default(10),
      from,
      downUntil,
    }),
    success: { status: 200, description: 'The next fires', schema: schedulePreviewSchema },
    problems: ['not_found', 'no_schedule', 'too_many_requests'],
  },
  previewUnsavedSchedule: {
    method: 'POST',
    path: '/schedule/preview',
    summary: 'When a route with this schedule would fire; nothing is saved',
    access: READ,
    body: z.strictObject({
      schedule: asWritten(scheduleEntrySchema, 'As in a route'),
      window: asWritten(windowSchema, 'As in a route').optional(),
      count: countSchema.default(10),
      from,
      downUntil,
    }),
    success: { status: 200, description: 'The next fires', schema: schedulePreviewSchema },
    problems: ['too_many_requests'],
  },
} as const satisfies Record<string, Operation>;
