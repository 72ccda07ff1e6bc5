import { type Phase, TransferError } from '#domain';
import type {
  ByteSink,
  Capabilities,
  FileStat,
  FileWriter,
  HashAlgorithm,
  Listing,
  ReadOptions,
  RemoteSession,
  StreamEnd,
  WriteOptions,
} from '#protocol';
import { hashFile, makeDirectories, removeFile, renameFile, setModified, statFile } from './file-commands.ts';
import { beginWrite, readFile } from './file-transfers.ts';
import { hashCommands } from './hash-commands.ts';
import { IdleKeeper } from './idle-keeper.ts';
import { listDirectory } from './list-directory.ts';
import { translate } from './protocol-violation.ts';
import { leavesSessionUsable } from './replies.ts';
import type { SessionParts } from './session-parts.ts';
import type { RunningTransfer } from './transfer-dialogue.ts';

const QUIT_MS = 2_000;
const KEEP_ALIVE_MS = 30_000;

/** One authenticated FTPS connection. Any doubt about where the dialogue stands breaks it: reconnecting is cheap. */
export class FtpsSession implements RemoteSession {
  readonly id: string;
  readonly endpoint: string;
  readonly capabilities: Capabilities;
  readonly #parts: SessionParts;
  readonly #idle: IdleKeeper;
  #busy = false;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#idle = new IdleKeeper(parts.control, parts.endpoint.keepAliveMs ?? KEEP_ALIVE_MS);
    this.#idle.rest();
    this.id = parts.id;
    this.endpoint = parts.endpoint.name;
    const convertsText = parts.endpoint.transferType === 'text';
    // Text arrives with other line ends: a hash of it is the hash of something else.
    const hashes = convertsText ? [] : [...hashCommands(parts.features).keys()];
    const strong = hashes.includes('sha512') || hashes.includes('sha256');
    this.capabilities = {
      // RNTO replaces on every server seen; asking first leaves a gap.
      renameNoReplace: false,
      hashes,
      resume: parts.features.get('REST')?.toUpperCase().startsWith('STREAM') === true && !convertsText,
      local: false,
      convertsText,
      strongestAssurance: convertsText ? 'none' : strong ? 'hash_by_server' : 'read_back',
    };
  }

  get broken(): boolean {
    return this.#parts.control.failure !== undefined;
  }

  list(path: string, signal: AbortSignal): Promise<Listing> {
    return this.#operation('list', signal, () => listDirectory(this.#parts, path));
  }

  stat(path: string, signal: AbortSignal): Promise<FileStat | undefined> {
    return this.#operation('verify', signal, () => statFile(this.#parts, path));
  }

  read(path: string, sink: ByteSink, signal: AbortSignal, options: ReadOptions = {}): Promise<StreamEnd> {
    return this.#operation('stream', signal, () => readFile(this.#parts, path, sink, options));
  }

  rename(from: string, to: string, options: { overwrite: boolean }, signal: AbortSignal): Promise<void> {
    return this.#operation('publish', signal, () => renameFile(this.#parts, from, to, options));
  }

  remove(path: string, signal: AbortSignal): Promise<void> {
    return this.#operation('dispose', signal, () => removeFile(this.#parts, path));
  }

  makeDirectory(path: string, signal: AbortSignal): Promise<void> {
    return this.#operation('open', signal, () => makeDirectories(this.#parts, path));
  }

  hash(path: string, algorithm: HashAlgorithm, signal: AbortSignal): Promise<string> {
    return this.#operation('verify', signal, () => hashFile(this.#parts, path, algorithm));
  }

  setModified(path: string, at: Date, signal: AbortSignal): Promise<boolean> {
    return this.#operation('publish', signal, () => setModified(this.#parts, path, at));
  }

  async openWrite(path: string, signal: AbortSignal, options: WriteOptions = {}): Promise<FileWriter> {
    const release = this.#begin('open', signal);
    try {
      const transfer = await beginWrite(this.#parts, path, options);
      this.#parts.control.phase = 'stream';
      return this.#writer(transfer, signal, release);
    } catch (thrown) {
      release();
      throw this.#settle(thrown, signal);
    }
  }

  async close(): Promise<void> {
    this.#idle.wake();
    await this.#parts.control.quit(QUIT_MS);
    this.#abandonData(new TransferError('connection_lost', { phase: this.#parts.control.phase }));
  }

  /** The writer holds the session until it is finished or aborted. */
  #writer(transfer: RunningTransfer, signal: AbortSignal, release: () => void): FileWriter {
    let sizeBytes = 0n;
    const failed = async (thrown: unknown) => this.#settle(await transfer.explain(thrown), signal);
    return {
      write: async (chunk) => {
        if (chunk.length === 0) return;
        try {
          await transfer.data.send(chunk);
          sizeBytes += BigInt(chunk.length);
        } catch (thrown) {
          throw await failed(thrown);
        }
      },
      finish: async () => {
        try {
          transfer.data.end();
          await transfer.confirm();
          // The server's 226 does not prove that it has every byte: only size or hash will.
          return { sizeBytes, end: 'unproved' };
        } catch (thrown) {
          throw await failed(thrown);
        } finally {
          release();
        }
      },
      abort: async () => {
        this.#abandon(
          new TransferError('transfer_interrupted', { phase: 'stream', detail: 'the upload was given up' }),
          { abort: true },
        );
        release();
      },
    };
  }

  async #operation<T>(phase: Phase, signal: AbortSignal, act: () => Promise<T>): Promise<T> {
    const release = this.#begin(phase, signal);
    try {
      return await act();
    } catch (thrown) {
      throw this.#settle(thrown, signal);
    } finally {
      release();
    }
  }

  /** Takes the session for one operation; the signal ends it by ending the connection. */
  #begin(phase: Phase, signal: AbortSignal): () => void {
    const { control } = this.#parts;
    if (this.#busy)
      throw new TransferError('internal', { phase, detail: 'two operations at once on one session' });
    if (control.failure) throw new TransferError(control.failure.code, { phase, cause: control.failure });
    if (signal.aborted) throw abortReason(signal, phase);
    this.#busy = true;
    this.#idle.wake();
    control.phase = phase;
    const onAbort = () => this.#abandon(abortReason(signal, control.phase), { abort: true });
    signal.addEventListener('abort', onAbort, { once: true });
    return () => {
      this.#busy = false;
      this.#idle.rest();
      signal.removeEventListener('abort', onAbort);
    };
  }

  /** What the caller gets; the connection goes down unless both sides still agree. */
  #settle(thrown: unknown, signal: AbortSignal): unknown {
    const { control } = this.#parts;
    if (signal.aborted) return this.#abandon(abortReason(signal, control.phase));
    const error = translate(thrown, control.phase);
    if (!leavesSessionUsable(error) || !control.inStep)
      this.#abandon(error, { abort: error.code === 'internal' });
    // The sink's own error goes back to whoever wrote the sink.
    return error.code === 'internal' ? thrown : error;
  }

  /** `abort`: we give up on a server that is doing well, so it is told (ABOR) when a transfer is under way. */
  #abandon(error: TransferError, { abort = false } = {}): TransferError {
    const { control, transfers } = this.#parts;
    this.#idle.wake();
    control.abandon(error, { abort: abort && transfers.underWay });
    this.#abandonData(error);
    return error;
  }

  #abandonData(error: TransferError): void {
    this.#parts.transfers.abandon(error);
  }
}

/** A TransferError given as the reason (shutting_down, lease_lost) is rethrown as it is. */
export function abortReason(signal: AbortSignal, phase: Phase): TransferError {
  const reason: unknown = signal.reason;
  return reason instanceof TransferError ? reason : new TransferError('cancelled', { phase, cause: reason });
}
