export { describeSessionConformance } from './session-conformance.ts';
export type { SessionHarness } from './session-harness.ts';
