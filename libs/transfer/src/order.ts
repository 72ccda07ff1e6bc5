import type { AssuranceLevel, FileVersion, OnAmbiguous, OnExisting, SourceDisposition } from '#domain';

/** Everything the engine has to know to move one file version. */
export interface MoveOrder {
  transferId: string;
  /** Number of this claim; part of the temporary name, so that a woken zombie can be told from us. */
  fence: number;
  version: FileVersion;
  destinationPath: string;
  onExisting: OnExisting;
  onAmbiguous: OnAmbiguous;
  minimumAssurance: AssuranceLevel;
  /** Bytes of an earlier attempt may be kept, where a hash will prove the whole. */
  resume: boolean;
  /** The destination gets the source's modification time, where both sides can state it. */
  keepModified: boolean;
  afterDelivery: { source: SourceDisposition; to?: string | undefined };
  /** The partner's file that declared this one complete: it goes where its source goes. */
  markerPath?: string | undefined;
  /**
   * Whether the claim can still be ours by the worker's own clock. Asked right before the source is touched: a worker that
   * stood still for longer than its lease would act on a look that is as old. Absent: it always is.
   */
  stillHeld?: (() => boolean) | undefined;
  /** Counted while the file streams, for whoever wants to look; nobody is called. Absent: nobody does. */
  progress?: MoveProgress | undefined;
  previous: PreviousWork;
}

export interface MoveProgress {
  /** Of the source's file: from the bytes of an earlier attempt on, where these are kept. */
  streamedBytes: number;
}

/** What earlier attempts committed; all empty on the first. */
export interface PreviousWork {
  publishIntended: boolean;
  temporaryPath: string | null;
  sizeBytes: bigint | null;
  sha256: string | null;
  assurance: AssuranceLevel | null;
  delivered: boolean;
  /** Attempts whose workers went silent: dead, or asleep with the file still open. */
  silentFences?: readonly number[] | undefined;
}

/** What happened, in order. The next step starts only when the consumer has asked for the next fact. */
export type MoveFact =
  | { kind: 'streaming'; temporaryPath: string; destinationPath: string; resumedAtBytes: bigint }
  | { kind: 'verifying'; sizeBytes: bigint; sha256: string }
  | { kind: 'publish_intended'; sizeBytes: bigint; sha256: string; assurance: AssuranceLevel }
  /** An earlier intent is proved not to have been carried out; the file is moved anew. */
  | { kind: 'publish_withdrawn'; reason: string }
  | { kind: 'published'; destinationPath: string; disposes: boolean; recovered: boolean }
  | { kind: 'disposed'; source: SourceDisposition; note: string };
