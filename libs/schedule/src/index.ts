export { BadCron, cronProblem, parseCron } from './cron.ts';
export { type DueFire, decideFires, decideOverlap, dueFires } from './due-fires.ts';
export { isTimeZone, nextFire, type Timing } from './next-fire.ts';
export {
  type PreviewedFire,
  type PreviewQuestion,
  previewSchedule,
  type SchedulePreview,
} from './preview-schedule.ts';
export {
  type ArmedSchedule,
  type UpcomingFire,
  type UpcomingFires,
  upcomingFires,
} from './upcoming-fires.ts';
export { type WindowState, windowAt } from './window.ts';
