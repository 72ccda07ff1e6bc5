import type { UnderWayObject } from '#contract';

type Phase = UnderWayObject['phase'];

/** What a file goes through; TLS and login belong to the connection, the listing to the opening. */
export const STEPS = ['connect', 'open', 'stream', 'verify', 'publish', 'dispose'] as const;

const STEP_OF: Readonly<Record<Phase, (typeof STEPS)[number]>> = {
  connect: 'connect',
  negotiate: 'connect',
  authenticate: 'connect',
  list: 'open',
  open: 'open',
  stream: 'stream',
  verify: 'verify',
  publish: 'publish',
  dispose: 'dispose',
};

/** Its place among the steps, from 0. */
export function stepAt(phase: Phase): number {
  return Math.max(0, STEPS.indexOf(STEP_OF[phase] ?? 'connect'));
}
