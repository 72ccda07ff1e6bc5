import { gzipSync } from 'node:zlib';
import type { RunRecorder } from '#audit';
import type { TlsClosing, TlsNegotiation } from '#domain';
import type { SessionObserver, TranscriptLine } from '#protocol';
import type { Metrics } from '#telemetry';

/** A dialogue longer than this keeps its beginning and its end: the middle of a big batch repeats itself. */
const MAX_LINES = 2000;

/** The dialogue of a small file is 2 KiB: by default each would cost 256 KiB outside of the heap, and the collector's time. */
const SMALL_GZIP = { windowBits: 12, memLevel: 5 };

/**
 * A handshake waits so long for the end of its connection, which is one row then instead of a row and a change: longer than a
 * small file takes. This and the recorder's own patience are all that a killed worker can leave untold of what others have seen
 * of it.
 */
const PATIENCE_MS = 25;

/** What a lane is doing when something is observed. */
export interface LaneMoment {
  worker: string;
  /** null for the doctor, who works for no run. */
  runId: string | null;
  /** null while the lane lists the source. */
  attemptId: string | null;
}

/**
 * Listens to the sessions of one lane. Negotiations are recorded in order, with the end of their connection where that comes
 * soon; `flush` is awaited before every step that counts, so that nothing irreversible runs ahead of its evidence.
 */
export class SessionEvidence implements SessionObserver {
  readonly #recorder: RunRecorder;
  readonly #moment: LaneMoment;
  readonly #metrics: Metrics;
  readonly #recording = new Set<Promise<void>>();
  /** Connections that may be over in a moment, by the number of their negotiation. */
  readonly #open = new Map<string, { moment: LaneMoment; negotiation: TlsNegotiation }>();
  #patience: NodeJS.Timeout | undefined;
  #failure: unknown;
  #lines: string[] = [];
  #dropped = 0;

  constructor(recorder: RunRecorder, moment: LaneMoment, metrics: Metrics) {
    this.#recorder = recorder;
    this.#moment = moment;
    this.#metrics = metrics;
  }

  /** From now on what happens belongs to this attempt; the dialogue starts anew. */
  beginAttempt(attemptId: string | null): void {
    this.#moment.attemptId = attemptId;
    this.#lines = [];
    this.#dropped = 0;
  }

  negotiated(negotiation: TlsNegotiation): void {
    this.#metrics.countHandshake(negotiation);
    this.#open.set(negotiation.id, { moment: { ...this.#moment }, negotiation });
    this.#patience ??= setTimeout(() => this.#recordOpen(), PATIENCE_MS);
  }

  negotiationClosed(closing: TlsClosing): void {
    const open = this.#open.get(closing.negotiationId);
    this.#open.delete(closing.negotiationId);
    this.#record(
      open
        ? this.#recorder.recordNegotiation(open.moment, open.negotiation, closing)
        : this.#recorder.recordNegotiationClosed(closing),
    );
  }

  transcript(line: TranscriptLine): void {
    const mark = line.direction === 'sent' ? '>' : line.direction === 'received' ? '<' : '*';
    this.#lines.push(`${line.at.toISOString()} ${mark} ${line.text}`);
    if (this.#lines.length <= MAX_LINES) return;
    this.#lines.splice(MAX_LINES / 2, 1);
    this.#dropped++;
  }

  /** Resolves when all that was observed so far is committed; rejects when it could not be. */
  async flush(): Promise<void> {
    this.#recordOpen();
    if (this.#recording.size > 0) this.#recorder.hurry();
    await Promise.all(this.#recording);
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** The attempt's dialogue, gzip; null when nothing was said. */
  compressedTranscript(): Uint8Array<ArrayBuffer> | null {
    if (this.#lines.length === 0) return null;
    const lines = [...this.#lines];
    if (this.#dropped > 0) lines.splice(MAX_LINES / 2, 0, `* ${this.#dropped} lines left out`);
    return new Uint8Array(gzipSync(lines.join('\n'), SMALL_GZIP));
  }

  #recordOpen(): void {
    clearTimeout(this.#patience);
    this.#patience = undefined;
    for (const { moment, negotiation } of this.#open.values())
      this.#record(this.#recorder.recordNegotiation(moment, negotiation));
    this.#open.clear();
  }

  /** The recorder keeps the order in which it was asked. */
  #record(recorded: Promise<void>): void {
    const settled = recorded.then(
      () => void this.#recording.delete(settled),
      (error: unknown) => {
        this.#recording.delete(settled);
        this.#failure ??= error;
      },
    );
    this.#recording.add(settled);
  }
}
