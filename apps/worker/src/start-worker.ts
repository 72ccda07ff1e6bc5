import type { RunRecorder } from '#audit';
import { TransferError } from '#domain';
import type { DoorbellQueue } from '#queue';
import type { SecretSources } from '#secrets';
import type { Store } from '#store';
import { bindWork, type Logger, Metrics, NO_TRACES, type Tracer } from '#telemetry';
import { type CallbackParts, startCallbackSender } from './callback-sender.ts';
import { startKeyWatch } from './key-watch.ts';
import { LeaseKeeper } from './lease-keeper.ts';
import { startLookRunner } from './look-runner.ts';
import type { WorkerSecrets } from './open-secrets.ts';
import type { SessionOpener } from './open-session.ts';
import type { EndpointExaminer } from './probe-endpoint.ts';
import { startProbeRunner } from './probe-runner.ts';
import { ProgressTeller } from './progress-teller.ts';
import { type LaneContext, runLane } from './run-lane.ts';

export interface WorkerParts {
  /** Unique among all worker processes; appears in leases and in the audit. */
  name: string;
  recorder: RunRecorder;
  queue: DoorbellQueue;
  openSession: SessionOpener;
  /**
   * What `openSession` opens; with it, a run whose keys are away waits instead of failing. With `keysProblem` this worker
   * looks after the keys, too.
   */
  secrets?: (SecretSources & Partial<Pick<WorkerSecrets, 'keysProblem'>>) | undefined;
  /** Absent: this worker examines no endpoints. */
  probes?: { store: Store; examine: EndpointExaminer; lookEveryMs?: number } | undefined;
  /** Absent: this worker looks at no folders for those who write routes. */
  looks?: { store: Store; lookEveryMs?: number } | undefined;
  /** Absent: this worker tells nobody of the end of runs. */
  callbacks?: Pick<CallbackParts, 'store' | 'secrets' | 'egress' | 'lookEveryMs'> | undefined;
  log: Logger;
  /** Where this worker counts; default: where nobody looks. */
  metrics?: Metrics | undefined;
  /** Default: no traces. */
  tracer?: Tracer | undefined;
  /** Lanes this process runs at once. */
  lanes: number;
  /** It takes the runs of routes that demand one of these, besides those that demand none. */
  tags?: readonly string[] | undefined;
  leaseMs: number;
  /** How long running transfers may go on after `close` was called. */
  gracePeriodMs: number;
}

export interface Worker {
  /** false as soon as a drain has begun. */
  isReady(): boolean;
  /** Why secrets cannot be opened, as far as this worker knows; it takes work all the same, which then waits. */
  keysProblem(): string | undefined;
  /** Not ready any more, and nothing is claimed from now on; what is running goes on. */
  drain(): void;
  /** Drains; running transfers finish, or are handed back when the grace period is over. */
  close(): Promise<void>;
}

export function startWorker(parts: WorkerParts): Worker {
  const draining = new AbortController();
  const stopping = new AbortController();
  const leases = new LeaseKeeper(parts.recorder, parts.leaseMs);
  const metrics = parts.metrics ?? new Metrics();
  const tracer = parts.tracer ?? NO_TRACES;
  const log = parts.log.child({ part: 'worker', worker: parts.name });
  const progress = new ProgressTeller(parts.recorder, log);
  const context: LaneContext = {
    ...parts,
    worker: parts.name,
    tags: new Set(parts.tags),
    leases,
    progress,
    log,
    metrics,
    tracer,
    draining: draining.signal,
    stopping: stopping.signal,
  };
  leases.start();
  progress.start();
  const { recorder, probes, looks, callbacks, name: worker, tags } = parts;
  const teller = callbacks && startCallbackSender({ ...callbacks, worker, recorder, log });
  const doctor = probes && startProbeRunner({ ...probes, worker, tags, recorder, log, metrics });
  const looker = looks && startLookRunner({ ...parts, ...looks, worker, leases, log, metrics });
  const keysProblem = parts.secrets?.keysProblem;
  const keyWatch = keysProblem && startKeyWatch({ worker, keysProblem, recorder, log, metrics });
  const listener = parts.queue.listen({
    concurrency: parts.lanes,
    tags: parts.tags,
    handle: (doorbell, abandoned) =>
      bindWork({ runId: doorbell.runId }, async () => {
        metrics.lanes.inc();
        try {
          // The queue forgot the doorbell, or gave it to somebody else: this lane claims nothing more. Whether the file in
          // its hands is still its own is not for the queue to say, but for the lease.
          const lastFile = AbortSignal.any([draining.signal, abandoned]);
          const { runId, lane } = doorbell;
          const attributes = { 'waybill.lane': lane, 'waybill.worker': parts.name };
          await tracer.span('lane', { runId, attributes }, () =>
            runLane({ ...context, draining: lastFile }, doorbell),
          );
        } catch (error) {
          // Nothing is lost: leases run out, and the sweep rings again.
          log.error({ err: error }, 'lane ended by an unexpected error');
          throw error;
        } finally {
          metrics.lanes.dec();
        }
      }),
  });
  return {
    isReady: () => !draining.signal.aborted,
    keysProblem: () => keyWatch?.problem(),
    drain: () => draining.abort(),
    async close() {
      draining.abort();
      const grace = setTimeout(
        () => stopping.abort(new TransferError('shutting_down', { phase: 'stream' })),
        parts.gracePeriodMs,
      );
      // The queue waits for lanes under way; they end by themselves or by the grace period.
      await Promise.all([listener, doctor, looker, teller, keyWatch].map((each) => each?.close()));
      clearTimeout(grace);
      leases.stop();
      progress.stop();
    },
  };
}
