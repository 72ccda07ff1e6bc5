export { type Scheduler, type SchedulerParts, startScheduler } from './start-scheduler.ts';
