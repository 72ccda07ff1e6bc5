export type {
  ByteSink,
  Capabilities,
  DirectoryEntry,
  FileStat,
  FileWriter,
  Listing,
  OpenSession,
  RefusedEntry,
  RemoteSession,
  SessionObserver,
  StreamEnd,
  TranscriptLine,
} from './remote-session.ts';
