export { describeQueueConformance } from './queue-conformance.ts';
