import { z } from 'zod';
import { moment, type Operation, READ } from './operation.ts';
import { overviewSchema, upcomingFiresSchema } from './overview-objects.ts';

/** How the night is going: what has been, what needs somebody, what comes next. */
export const OVERVIEW = {
  getOverview: {
    method: 'GET',
    path: '/overview',
    summary: 'How runs and files of a time stand, and what needs a person now',
    access: READ,
    query: z.strictObject({
      from: moment.optional().describe('By default 12 hours before `to`; at most 7 days before it'),
      to: moment.optional().describe('By default now'),
    }),
    success: { status: 200, description: 'The overview', schema: overviewSchema },
  },
  listUpcomingFires: {
    method: 'GET',
    path: '/fires/upcoming',
    summary: 'What fires next, of all schedules together, in order; one question of an identity at a time',
    access: READ,
    query: z.strictObject({
      until: moment.optional().describe('By default 12 hours from now, at most 48'),
      limit: z.coerce.number<number>().int().min(1).max(500).default(200),
    }),
    success: { status: 200, description: 'The next fires', schema: upcomingFiresSchema },
    problems: ['too_many_requests'],
  },
} as const satisfies Record<string, Operation>;
