import type { RunRecorder, TransferClaim } from '#audit';
import type { Phase } from '#domain';
import type { Logger } from '#telemetry';
import type { MoveProgress } from '#transfer';
import type { Lease } from './lease-keeper.ts';

const TELL_EVERY_MS = 1_000;
/** Said again though nothing has moved: the file is stuck, its worker is not. */
const REPEAT_EVERY_MS = 3_000;

/** One file in hand: the engine counts into it, the lane notes the phase, and nobody waits for anybody. */
export interface FileProgress extends MoveProgress {
  phase: Phase;
  end(): void;
}

interface Told extends FileProgress {
  readonly claim: TransferClaim;
  readonly lane: number;
  readonly lease: Lease;
  readonly begunAtMs: number;
  toldAtMs: number;
  /** As it was told. */
  toldBytes: number;
  toldPhase: Phase | undefined;
}

/**
 * Tells once a second how far the files of this process have come, all of them in one statement. A file that is over within
 * its first second is never told of: a run of small files makes no statement at all.
 */
export class ProgressTeller {
  readonly #recorder: Pick<RunRecorder, 'recordProgress'>;
  readonly #log: Logger;
  readonly #files = new Set<Told>();
  #timer: NodeJS.Timeout | undefined;
  #telling = false;
  #silent = false;

  constructor(recorder: Pick<RunRecorder, 'recordProgress'>, log: Logger) {
    this.#recorder = recorder;
    this.#log = log;
  }

  start(): void {
    this.#timer = setInterval(() => void this.#tell(), TELL_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  begin(claim: TransferClaim, lane: number, lease: Lease): FileProgress {
    const file: Told = {
      claim,
      lane,
      lease,
      phase: 'connect',
      streamedBytes: 0,
      begunAtMs: performance.now(),
      toldAtMs: Number.NEGATIVE_INFINITY,
      toldBytes: 0,
      toldPhase: undefined,
      end: () => this.#files.delete(file),
    };
    this.#files.add(file);
    return file;
  }

  async #tell(): Promise<void> {
    if (this.#telling || this.#files.size === 0) return;
    const now = performance.now();
    const due = [...this.#files].filter((file) => isDue(file, now));
    if (due.length === 0) return;
    this.#telling = true;
    try {
      const reports = due.map(({ claim, lane, phase, streamedBytes }) => ({
        claim,
        lane,
        phase,
        streamedBytes,
      }));
      await this.#recorder.recordProgress(reports);
      reports.forEach(({ phase, streamedBytes }, index) => {
        Object.assign(due[index]!, { toldAtMs: now, toldBytes: streamedBytes, toldPhase: phase });
      });
      this.#silent = false;
    } catch (error) {
      // Nobody depends on it: the next second says it anew.
      if (!this.#silent) this.#log.warn({ err: error }, 'progress could not be told; it is tried again');
      this.#silent = true;
    } finally {
      this.#telling = false;
    }
  }
}

/** By its own clock as well: a process that stood still says nothing of files that others may have by now. */
function isDue(file: Told, now: number): boolean {
  if (now - file.begunAtMs < TELL_EVERY_MS || !file.lease.stillHeld()) return false;
  const moved = file.streamedBytes !== file.toldBytes || file.phase !== file.toldPhase;
  return moved || now - file.toldAtMs >= REPEAT_EVERY_MS;
}
