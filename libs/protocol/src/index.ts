export type {
  ByteSink,
  Capabilities,
  DirectoryEntry,
  FileStat,
  FileWriter,
  HashAlgorithm,
  Listing,
  OpenSession,
  ReadOptions,
  RefusedEntry,
  RemoteSession,
  SessionObserver,
  StreamEnd,
  TranscriptLine,
  WriteOptions,
} from './remote-session.ts';
export { HASH_ALGORITHMS } from './remote-session.ts';
