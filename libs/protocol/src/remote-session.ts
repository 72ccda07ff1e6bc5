import type { AssuranceLevel, TlsClosing, TlsNegotiation } from '#domain';

/** What a directory holds, as the server states it. */
export interface DirectoryEntry {
  /** Last path segment; the adapter has refused names that are not one. */
  name: string;
  /** Absolute path on the endpoint, `/` separated. */
  path: string;
  kind: 'file' | 'directory' | 'other';
  /** null when the listing does not say. */
  sizeBytes: bigint | null;
  /** The server's own text of the modification time; compared for equality only. */
  modified: string;
}

/** A row of a listing that was left out, with the reason; recorded, never silently dropped. */
export interface RefusedEntry {
  /** Printable form (control characters escaped). */
  shown: string;
  reason: string;
}

export interface Listing {
  entries: DirectoryEntry[];
  refused: RefusedEntry[];
}

export interface FileStat {
  sizeBytes: bigint;
  modified: string;
  /** The same as an instant, where the server states it in UTC; null where its text means nothing elsewhere. */
  modifiedAt?: Date | null | undefined;
}

/** Strongest first. Only the first two prove equality against a forger; all of them find accidents. */
export const HASH_ALGORITHMS = ['sha512', 'sha256', 'sha1', 'md5', 'crc32'] as const;
export type HashAlgorithm = (typeof HASH_ALGORITHMS)[number];

export interface ReadOptions {
  /** What the listing stated: the question is saved, and the count still has to agree. */
  statedSizeBytes?: bigint | undefined;
  /** First byte wanted; the stream is the rest of the file. Only where `capabilities.resume` says so. */
  offset?: bigint | undefined;
}

export interface WriteOptions {
  /** The file has this many bytes, which stay; what is written follows them. Only where `capabilities.resume` says so. */
  offset?: bigint | undefined;
  /** Size of the finished file, for servers that allocate first. */
  expectedSizeBytes?: bigint | undefined;
}

/** Receives a file's bytes. The chunk is only valid until the returned promise settles: the buffer is reused. */
export type ByteSink = (chunk: Buffer) => void | Promise<void>;

/** How a stream of bytes ended. */
export interface StreamEnd {
  sizeBytes: bigint;
  /**
   * `proved`: the protocol showed an unforgeable end (TLS close_notify, end of a local file, SFTP EOF).
   * `unproved`: only size or hash can tell.
   */
  end: 'proved' | 'unproved';
}

/** An open temporary file at the destination. Exactly one of `finish` and `abort` is called. */
export interface FileWriter {
  /** Returns a promise only when the caller has to wait (back-pressure). The chunk may be reused after that. */
  write(chunk: Buffer): void | Promise<void>;
  /** Everything written, flushed to disk where the adapter can, and confirmed by the server. */
  finish(): Promise<StreamEnd>;
  /** Gives up; the partial file may remain and is removed by the engine. Never throws. */
  abort(): Promise<void>;
}

export interface Capabilities {
  /** Rename that fails when the target exists, without a race. */
  renameNoReplace: boolean;
  /** Algorithms the server can hash with, strongest first. */
  hashes: readonly HashAlgorithm[];
  /** Reading and writing may begin in the middle of a file. */
  resume: boolean;
  /** Reading a file again costs no network. */
  local: boolean;
  /** Bytes arrive changed (text with other line ends): sizes and hashes of the two sides differ. */
  convertsText: boolean;
  /** Strongest assurance this endpoint can give as a destination. */
  strongestAssurance: AssuranceLevel;
}

/**
 * One authenticated connection to an endpoint: what every adapter implements and the engine uses.
 *
 * One operation at a time. Paths are absolute and `/` separated. Every method rejects with a
 * TransferError carrying the phase it was called in; after a connection-level error the session is
 * `broken` and only `close` may be called. Every wait ends by the operation's deadline or its signal.
 */
export interface RemoteSession {
  readonly id: string;
  readonly endpoint: string;
  readonly capabilities: Capabilities;
  /** True once a reply was lost or the connection broke: the session must not be used again. */
  readonly broken: boolean;

  /** Rejects with `path_not_found` when the directory does not exist. */
  list(path: string, signal: AbortSignal): Promise<Listing>;
  /** undefined when no such file exists; rejects when that cannot be established. */
  stat(path: string, signal: AbortSignal): Promise<FileStat | undefined>;
  /**
   * Sends the file, or the rest of it, to `sink`; the end counts what was sent. A rejected sink aborts the read and is
   * rethrown. Rejects with `resume_refused`, the session still usable, when the server does not begin at `offset`.
   */
  read(path: string, sink: ByteSink, signal: AbortSignal, options?: ReadOptions): Promise<StreamEnd>;
  /** Creates or truncates `path`, or goes on at `offset`. The parent directory exists. */
  openWrite(path: string, signal: AbortSignal, options?: WriteOptions): Promise<FileWriter>;
  /**
   * `overwrite: false` rejects with `destination_exists` when `to` exists; atomic only where
   * `capabilities.renameNoReplace` says so. Durable when it returns, where the adapter can make it so.
   */
  rename(from: string, to: string, options: { overwrite: boolean }, signal: AbortSignal): Promise<void>;
  /** Succeeds when the file is gone already. */
  remove(path: string, signal: AbortSignal): Promise<void>;
  /** With parents; succeeds when it exists. */
  makeDirectory(path: string, signal: AbortSignal): Promise<void>;
  /** Server-side hash, lower-case hex; only when `capabilities.hashes` has the algorithm. */
  hash(path: string, algorithm: HashAlgorithm, signal: AbortSignal): Promise<string>;
  /** Sets the modification time; false when the endpoint cannot. */
  setModified(path: string, at: Date, signal: AbortSignal): Promise<boolean>;
  /** Polite end; never throws, bounded in time. */
  close(): Promise<void>;
}

/** What a session tells while it works. Called synchronously; implementations queue and return. */
export interface SessionObserver {
  negotiated(negotiation: TlsNegotiation): void;
  negotiationClosed(closing: TlsClosing): void;
  /** One line of the dialogue, secrets masked, control characters escaped. */
  transcript(line: TranscriptLine): void;
}

export interface TranscriptLine {
  at: Date;
  direction: 'sent' | 'received' | 'note';
  text: string;
}

/** Opens authenticated sessions on one endpoint; the worker owns the only list of adapters. */
export type OpenSession = (observer: SessionObserver, signal: AbortSignal) => Promise<RemoteSession>;
