import { type Phase, TransferError } from '#domain';
import type {
  ByteSink,
  Capabilities,
  FileStat,
  FileWriter,
  Listing,
  RemoteSession,
  StreamEnd,
} from '#protocol';
import { sha256Command } from './features.ts';
import { hashFile, makeDirectories, removeFile, renameFile, statFile } from './file-commands.ts';
import { beginWrite, readFile } from './file-transfers.ts';
import { listDirectory } from './list-directory.ts';
import { ProtocolViolation } from './protocol-violation.ts';
import { leavesSessionUsable } from './replies.ts';
import type { SessionParts } from './session-parts.ts';
import type { RunningTransfer } from './transfer-dialogue.ts';

const QUIT_MS = 2_000;

/** One authenticated FTPS connection. Any doubt about where the dialogue stands breaks it: reconnecting is cheap. */
export class FtpsSession implements RemoteSession {
  readonly id: string;
  readonly endpoint: string;
  readonly capabilities: Capabilities;
  readonly #parts: SessionParts;
  #busy = false;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.id = parts.id;
    this.endpoint = parts.endpoint.name;
    const hashes = sha256Command(parts.features) ? (['sha256'] as const) : ([] as const);
    this.capabilities = {
      // RNTO replaces on every server seen; asking first leaves a gap.
      renameNoReplace: false,
      hashes,
      strongestAssurance: hashes.length > 0 ? 'hash_by_server' : 'read_back',
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

  read(path: string, sink: ByteSink, signal: AbortSignal): Promise<StreamEnd> {
    return this.#operation('stream', signal, () => readFile(this.#parts, path, sink));
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

  hash(path: string, _algorithm: 'sha256', signal: AbortSignal): Promise<string> {
    return this.#operation('verify', signal, () => hashFile(this.#parts, path));
  }

  async openWrite(path: string, signal: AbortSignal): Promise<FileWriter> {
    const release = this.#begin('open', signal);
    try {
      const transfer = await beginWrite(this.#parts, path);
      this.#parts.control.phase = 'stream';
      return this.#writer(transfer, signal, release);
    } catch (thrown) {
      release();
      throw this.#settle(thrown, signal);
    }
  }

  async close(): Promise<void> {
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
    control.phase = phase;
    const onAbort = () => this.#abandon(abortReason(signal, control.phase), { abort: true });
    signal.addEventListener('abort', onAbort, { once: true });
    return () => {
      this.#busy = false;
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
    control.abandon(error, { abort: abort && transfers.underWay });
    this.#abandonData(error);
    return error;
  }

  #abandonData(error: TransferError): void {
    this.#parts.transfers.abandon(error);
  }
}

export function translate(thrown: unknown, phase: Phase): TransferError {
  if (thrown instanceof ProtocolViolation)
    return new TransferError('protocol_violation', { phase, detail: thrown.message, cause: thrown });
  return TransferError.from(thrown, phase);
}

/** A TransferError given as the reason (shutting_down, lease_lost) is rethrown as it is. */
export function abortReason(signal: AbortSignal, phase: Phase): TransferError {
  const reason: unknown = signal.reason;
  return reason instanceof TransferError ? reason : new TransferError('cancelled', { phase, cause: reason });
}
