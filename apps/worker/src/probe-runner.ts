import { type RunRecorder, recordEvent, workerActor } from '#audit';
import { type Finding, TransferError } from '#domain';
import {
  claimProbe,
  EVERYTHING,
  findEndpoint,
  finishProbe,
  isAsked,
  keepProbe,
  type ProbeRecord,
  type Store,
} from '#store';
import { bindWork, type Logger, type Metrics } from '#telemetry';
import { type AskedWorker, startAskedWork } from './asked-work.ts';
import { LEASE_MS, LeasedWork } from './leased-work.ts';
import type { EndpointExaminer } from './probe-endpoint.ts';
import { SessionEvidence } from './session-evidence.ts';

const LOOK_EVERY_MS = 1_000;
/** Everything together; each step has deadlines of its own. */
const EXAMINATION_DEADLINE_MS = 300_000;

export interface ProbeParts {
  worker: string;
  tags?: Iterable<string> | undefined;
  store: Store;
  recorder: RunRecorder;
  examine: EndpointExaminer;
  log: Logger;
  metrics: Metrics;
  /** Default 1,000. */
  lookEveryMs?: number | undefined;
}

/** Looks for probes that were asked for, and carries them out one at a time: nobody is in a hurry. */
export function startProbeRunner(parts: ProbeParts): AskedWorker {
  return startAskedWork({
    ...{ what: 'probes', everyMs: parts.lookEveryMs ?? LOOK_EVERY_MS, most: 1, log: parts.log },
    async take(stopping) {
      if (!(await isAsked(parts.store.db, 'probe'))) return undefined;
      const probe = await parts.store.transaction((tx) => claimProbe(tx, parts, LEASE_MS));
      if (!probe) return undefined;
      const { id: probeId, endpoint } = probe;
      return () => bindWork({ probeId, endpoint }, () => new ProbeRun(parts, probe, stopping).run());
    },
  });
}

/** One probe in this worker's hands. */
class ProbeRun {
  readonly #parts: ProbeParts;
  readonly #probe: ProbeRecord;
  readonly #work: LeasedWork;
  readonly #findings: Finding[] = [];
  readonly #evidence: SessionEvidence;

  constructor(parts: ProbeParts, probe: ProbeRecord, stopping: AbortSignal) {
    this.#parts = parts;
    this.#probe = probe;
    const keep = (leaseMs: number) =>
      parts.store.transaction((tx) => keepProbe(tx, probe.id, parts.worker, this.#findings, leaseMs));
    const limits = { what: 'the examination', deadlineMs: EXAMINATION_DEADLINE_MS };
    this.#work = new LeasedWork({ ...limits, keep, log: parts.log }, stopping);
    const moment = { worker: parts.worker, runId: null, attemptId: null };
    this.#evidence = new SessionEvidence(parts.recorder, moment, parts.metrics);
  }

  async run(): Promise<void> {
    try {
      await this.#finish(await this.#work.run(() => this.#examine()), undefined);
    } catch (thrown) {
      const error = TransferError.from(thrown, 'connect');
      this.#parts.log.warn({ err: error }, 'examination failed');
      await this.#finish(null, error);
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
    const { signal } = this.#work;
    const tell = (finding: Finding) => this.#found(finding);
    const profile = await this.#parts.examine(order, this.#evidence, tell, signal);
    await this.#evidence.flush();
    return profile;
  }

  async #found(finding: Finding): Promise<void> {
    this.#findings.push(finding);
    if (finding.step === 'login' && finding.outcome === 'ok')
      await this.#parts.recorder.recordLoginAccepted(this.#parts.worker, this.#probe.endpoint);
    await this.#work.keep();
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
