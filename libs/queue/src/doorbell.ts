import { z } from 'zod';

/** All that ever enters the queue: there may be work for this run. No paths, hosts or secrets. */
export interface Doorbell {
  runId: string;
  /** Which of the run's lanes is meant; only keeps several doorbells of one run apart. */
  lane: number;
}

/** More lanes than any route may have; a forged number beyond it is refused. */
const MOST_LANES = 1024;

const SCHEMA = z.strictObject({
  runId: z.uuid(),
  lane: z
    .int()
    .min(0)
    .max(MOST_LANES - 1),
});

/** Whoever can write to Redis can forge a payload: anything but a plain doorbell is undefined. */
export function parseDoorbell(payload: unknown): Doorbell | undefined {
  return SCHEMA.safeParse(payload).data;
}
