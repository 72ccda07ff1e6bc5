import { z } from 'zod';
import { FIRE_NOTES, FIRE_OUTCOMES, type MisfirePolicy, type OverlapPolicy, SCHEDULE_NOTES } from '#domain';

const instant = z.iso.datetime();
const misfires: { [Policy in MisfirePolicy]: Policy } = {
  run_once: 'run_once',
  run_all: 'run_all',
  skip: 'skip',
};
const overlaps: { [Policy in OverlapPolicy]: Policy } = {
  skip: 'skip',
  queue_one: 'queue_one',
  parallel: 'parallel',
};

export const schedulePreviewSchema = z.strictObject({
  route: z.string().nullable().describe('null where the schedule is not saved'),
  cron: z.string(),
  timezone: z.string(),
  from: instant,
  downUntil: instant.nullable(),
  misfire: z.strictObject({ policy: z.enum(misfires), says: z.string() }),
  overlap: z.strictObject({ policy: z.enum(overlaps), says: z.string() }),
  notes: z.array(z.strictObject({ kind: z.enum(SCHEDULE_NOTES), says: z.string() })),
  fires: z.array(
    z.strictObject({
      dueAt: instant,
      localTime: z.string().describe('What the clock of the zone shows, with its offset'),
      outcome: z.enum(FIRE_OUTCOMES).describe('What the scheduler would record'),
      reason: z.string().nullable(),
      notes: z
        .array(z.strictObject({ kind: z.enum(FIRE_NOTES), says: z.string() }))
        .describe('What a change of the clock or the window has to do with it'),
    }),
  ),
});
export type SchedulePreviewObject = z.infer<typeof schedulePreviewSchema>;
