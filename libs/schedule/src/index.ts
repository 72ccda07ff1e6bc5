export { BadCron, cronProblem, parseCron } from './cron.ts';
export { type DueFire, decideOverlap, dueFires } from './due-fires.ts';
export { isTimeZone, nextFire, type Timing } from './next-fire.ts';
export { type WindowState, windowAt } from './window.ts';
