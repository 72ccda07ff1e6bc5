import { z } from 'zod';
import { FIRE_OUTCOMES, INCIDENT_KINDS } from '#domain';
import { incidentSchema } from './incident-objects.ts';
import { pauseSchema, runStateSchema, transferSchema, transferStateSchema } from './objects.ts';

const instant = z.iso.datetime();
const count = z.int().min(0);

/** Of what needs a person so many are shown with their count: the newest. */
export const MOST_ATTENTION = 20;
const newestOf = <Item extends z.ZodType>(item: Item) =>
  z.strictObject({
    count: count.describe('All there are'),
    newest: z.array(item).max(MOST_ATTENTION).describe('The newest first'),
  });

export const overviewSchema = z.strictObject({
  from: instant,
  to: instant,
  totals: z
    .strictObject({
      runs: z.partialRecord(runStateSchema, count).describe('States without any are left out'),
      transfers: z.partialRecord(transferStateSchema, count).describe('States without any are left out'),
      filesDelivered: count.describe('Safe at their destination, also where the source still waits'),
      bytesDelivered: count.describe('What these weigh'),
      failedFiles: count.describe('Given up for good'),
    })
    .describe(
      'Of runs and transfers that were created in this time: what their lists show with `since` and `until`',
    ),
  attention: z
    .strictObject({
      heldTransfers: newestOf(transferSchema).describe(
        'They wait for a decision; quarantined ones among them',
      ),
      quarantinedTransfers: newestOf(transferSchema).describe('Held since workers died while moving them'),
      incidents: z
        .strictObject({
          ...newestOf(incidentSchema).shape,
          byKind: z.partialRecord(z.enum(INCIDENT_KINDS), count),
        })
        .describe('Open and acknowledged; not those that are put aside'),
      pausedRoutes: newestOf(
        z.strictObject({ name: z.string(), partners: z.array(z.string()), paused: pauseSchema }),
      ),
      pausedEndpoints: newestOf(
        z.strictObject({ name: z.string(), partner: z.string().nullable(), paused: pauseSchema }),
      ),
      refusedLogins: newestOf(
        z.strictObject({
          endpoint: z.string(),
          partner: z.string().nullable(),
          refusedAt: instant,
          triedAgainFrom: instant.describe('Nobody logs in there before, unless something is changed'),
        }),
      ).describe('Endpoints whose last login was refused'),
    })
    .describe('What needs a person now, whenever it began'),
});
export type OverviewObject = z.infer<typeof overviewSchema>;

export const upcomingFiresSchema = z.strictObject({
  from: instant.describe('Now, by the clock of the database'),
  until: instant,
  fires: z.array(
    z.strictObject({
      route: z.string(),
      partners: z.array(z.string()),
      dueAt: instant,
      timezone: z.string(),
      localTime: z.string().describe('What the clock of the zone shows, with its offset'),
      outcome: z
        .enum(FIRE_OUTCOMES)
        .describe('What the scheduler would record; of what is overdue not always `run`'),
      routePaused: z.boolean().describe('The run will wait for the end of the pause'),
    }),
  ),
  truncated: z.boolean(),
  completeUntil: instant.describe('Before this moment nothing is left out; `until` unless `truncated`'),
});
export type UpcomingFiresObject = z.infer<typeof upcomingFiresSchema>;
