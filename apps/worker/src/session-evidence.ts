import { gzipSync } from 'node:zlib';
import type { RunRecorder } from '#audit';
import type { TlsClosing, TlsNegotiation } from '#domain';
import type { SessionObserver, TranscriptLine } from '#protocol';

/** A dialogue longer than this keeps its beginning and its end: the middle of a big batch repeats itself. */
const MAX_LINES = 2000;

/** What a lane is doing when something is observed. */
export interface LaneMoment {
  worker: string;
  /** null for the doctor, who works for no run. */
  runId: string | null;
  /** null while the lane lists the source. */
  attemptId: string | null;
}

/**
 * Listens to the sessions of one lane. Negotiations are recorded at once, in order; `flush` is awaited before
 * every step that counts, so that nothing irreversible runs ahead of its evidence.
 */
export class SessionEvidence implements SessionObserver {
  readonly #recorder: RunRecorder;
  readonly #moment: LaneMoment;
  readonly #recording = new Set<Promise<void>>();
  #failure: unknown;
  #lines: string[] = [];
  #dropped = 0;

  constructor(recorder: RunRecorder, moment: LaneMoment) {
    this.#recorder = recorder;
    this.#moment = moment;
  }

  /** From now on what happens belongs to this attempt; the dialogue starts anew. */
  beginAttempt(attemptId: string | null): void {
    this.#moment.attemptId = attemptId;
    this.#lines = [];
    this.#dropped = 0;
  }

  negotiated(negotiation: TlsNegotiation): void {
    const context = { ...this.#moment };
    this.#record(this.#recorder.recordNegotiation(context, negotiation));
  }

  negotiationClosed(closing: TlsClosing): void {
    this.#record(this.#recorder.recordNegotiationClosed(closing));
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
    if (this.#recording.size > 0) this.#recorder.hurry();
    await Promise.all(this.#recording);
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** The attempt's dialogue, gzip; null when nothing was said. */
  compressedTranscript(): Uint8Array<ArrayBuffer> | null {
    if (this.#lines.length === 0) return null;
    const lines = [...this.#lines];
    if (this.#dropped > 0) lines.splice(MAX_LINES / 2, 0, `* ${this.#dropped} lines left out`);
    return new Uint8Array(gzipSync(lines.join('\n')));
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
