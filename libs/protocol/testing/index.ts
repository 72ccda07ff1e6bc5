export { directoryOf, type FileChange, type MemoryFile, MemoryFiles } from './memory-files.ts';
export {
  DIRECT,
  type Fate,
  type MemoryEndpoint,
  type MemoryLink,
  type MemoryOperation,
  MemorySession,
  type MemoryVerb,
} from './memory-session.ts';
export { describeSessionConformance } from './session-conformance.ts';
export type { SessionHarness } from './session-harness.ts';
