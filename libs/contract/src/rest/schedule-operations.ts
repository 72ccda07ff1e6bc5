import { z } from 'zod';
import { byName, moment, type Operation, READ } from './operation.ts';
import { schedulePreviewSchema } from './schedule-objects.ts';

/** Finding this many takes 200 ms of a process at worst, in pieces of a few. */
export const MOST_FIRES = 100;
const soon = moment.refine((text) => text < '2200', 'must be before 2200');

export const SCHEDULES = {
  previewSchedule: {
    method: 'GET',
    path: '/routes/{name}/schedule/preview',
    summary: 'When the route fires next, as the scheduler would decide it, each decision explained',
    access: READ,
    params: byName,
    query: z.strictObject({
      count: z.coerce.number<number>().int().min(1).max(MOST_FIRES).default(10),
      from: soon.optional().describe('As if it were then; what is due at that moment counts'),
      downUntil: soon.optional().describe('As if no scheduler ran before then: what the misfire policy does'),
    }),
    success: { status: 200, description: 'The next fires', schema: schedulePreviewSchema },
    problems: ['not_found', 'no_schedule', 'too_many_requests'],
  },
} as const satisfies Record<string, Operation>;
