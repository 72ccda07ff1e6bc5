import { type RunRecorder, recordEvent, workerActor } from '#audit';
import { type Finding, TransferError } from '#domain';
import {
  claimProbe,
  EVERYTHING,
  findEndpoint,
  finishProbe,
  keepProbe,
  type ProbeRecord,
  type Store,
} from '#store';
import { bindWork, type Logger, type Metrics } from '#telemetry';
import type { EndpointExaminer } from './probe-endpoint.ts';
import { SessionEvidence } from './session-evidence.ts';

const LOOK_EVERY_MS = 1_000;
/** A worker that died leaves its probe to be failed after this. */
const LEASE_MS = 60_000;
/** Everything together; each step has deadlines of its own. */
const EXAMINATION_DEADLINE_MS = 300_000;

export interface ProbeParts {
  worker: string;
  store: Store;
  recorder: RunRecorder;
  examine: EndpointExaminer;
  log: Logger;
  metrics: Metrics;
  /** Default 1,000. */
  lookEveryMs?: number | undefined;
}

export interface ProbeRunner {
  /** Takes no further probe; one under way is stopped, tidies up after itself, and is recorded as failed. */
  close(): Promise<void>;
}

/** Looks for probes that were asked for, and carries them out one at a time: nobody is in a hurry. */
export function startProbeRunner(parts: ProbeParts): ProbeRunner {
  const stopping = new AbortController();
  let working: Promise<void> | undefined;
  let silent = false;
  const look = async (): Promise<void> => {
    const probe = await parts.store.transaction((tx) => claimProbe(tx, parts.worker, LEASE_MS));
    silent = false;
    if (!probe) return;
    const { id: probeId, endpoint } = probe;
    await bindWork({ probeId, endpoint }, () => new ProbeRun(parts, probe, stopping.signal).run());
  };
  const timer = setInterval(() => {
    working ??= look()
      .catch((error: unknown) => {
        // Once for each time the database is away, not once a second.
        if (!silent) parts.log.warn({ err: error }, 'looking for probes failed');
        silent = true;
      })
      .finally(() => {
        working = undefined;
      });
  }, parts.lookEveryMs ?? LOOK_EVERY_MS);
  return {
    async close() {
      clearInterval(timer);
      stopping.abort(new TransferError('shutting_down', { phase: 'connect' }));
      await working;
    },
  };
}

/** One probe in this worker's hands. */
class ProbeRun {
  readonly #parts: ProbeParts;
  readonly #probe: ProbeRecord;
  readonly #signal: AbortSignal;
  /** Aborted when the probe is not ours any more, or has taken too long. */
  readonly #over = new AbortController();
  readonly #findings: Finding[] = [];
  readonly #evidence: SessionEvidence;

  constructor(parts: ProbeParts, probe: ProbeRecord, stopping: AbortSignal) {
    this.#parts = parts;
    this.#probe = probe;
    this.#signal = AbortSignal.any([stopping, this.#over.signal]);
    const moment = { worker: parts.worker, runId: null, attemptId: null };
    this.#evidence = new SessionEvidence(parts.recorder, moment, parts.metrics);
  }

  async run(): Promise<void> {
    const { log } = this.#parts;
    const tooLong = setTimeout(() => {
      const detail = `the examination took longer than ${EXAMINATION_DEADLINE_MS / 1000} s`;
      this.#over.abort(new TransferError('reply_timeout', { phase: 'connect', detail }));
    }, EXAMINATION_DEADLINE_MS);
    const renewal = setInterval(() => {
      this.#keep().catch((error: unknown) => log.warn({ err: error }, 'a probe could not be renewed'));
    }, LEASE_MS / 3);
    try {
      const profile = await this.#examine();
      await this.#evidence.flush();
      await this.#finish(profile, undefined);
    } catch (thrown) {
      const error = TransferError.from(this.#signal.aborted ? this.#signal.reason : thrown, 'connect');
      log.warn({ err: error }, 'examination failed');
      await this.#finish(null, error);
    } finally {
      clearTimeout(tooLong);
      clearInterval(renewal);
    }
  }

  async #examine() {
    const { endpoint: name, folder } = this.#probe;
    const found = await findEndpoint(this.#parts.store.db, EVERYTHING, name);
    if (!found)
      throw new TransferError('invalid_configuration', {
        phase: 'connect',
        detail: `There is no endpoint ${name} any more.`,
      });
    const order = { endpoint: found.endpoint, folder: folder ?? undefined };
    return this.#parts.examine(order, this.#evidence, (finding) => this.#found(finding), this.#signal);
  }

  async #found(finding: Finding): Promise<void> {
    this.#findings.push(finding);
    if (finding.step === 'login' && finding.outcome === 'ok')
      await this.#parts.recorder.recordLoginAccepted(this.#parts.worker, this.#probe.endpoint);
    await this.#keep();
  }

  async #keep(): Promise<void> {
    const { store, worker } = this.#parts;
    const kept = await store.transaction((tx) =>
      keepProbe(tx, this.#probe.id, worker, this.#findings, LEASE_MS),
    );
    if (!kept) this.#over.abort(new TransferError('lease_lost', { phase: 'connect' }));
  }

  async #finish(
    profile: Awaited<ReturnType<EndpointExaminer>>,
    error: TransferError | undefined,
  ): Promise<void> {
    const { store, worker } = this.#parts;
    const { id, endpoint } = this.#probe;
    const findings = this.#findings;
    await store.transaction(async (tx) => {
      const failure = error && { code: error.code, detail: error.detail };
      if (!(await finishProbe(tx, id, worker, { findings, profile, error: failure }))) return;
      await recordEvent(tx, {
        actor: workerActor(worker),
        action: error ? 'endpoint.probe_failed' : 'endpoint.probed',
        object: 'endpoint',
        objectId: endpoint,
        details: { probe: id, ...outcomes(findings), profile, error: error?.code ?? null },
      });
    });
  }
}

/** How many findings of which kind, and which steps failed. */
function outcomes(findings: readonly Finding[]) {
  const failed = findings.filter(({ outcome }) => outcome === 'failed').map(({ step }) => step);
  const warnings = findings.filter(({ outcome }) => outcome === 'warning').map(({ step }) => step);
  return { findings: findings.length, failed, warnings };
}
