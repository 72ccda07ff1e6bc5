import { setTimeout as wait } from 'node:timers/promises';
import { doorbellOf, type RunRecorder, recordEvent, workerActor } from '#audit';
import { type Endpoint, type LookResult, TransferError } from '#domain';
import type { RemoteSession } from '#protocol';
import type { DoorbellQueue } from '#queue';
import {
  claimLook,
  EVERYTHING,
  findEndpoint,
  finishLook,
  isAsked,
  keepLook,
  type LookEnd,
  type LookRecord,
  type Store,
} from '#store';
import { bindWork, type Logger, type Metrics } from '#telemetry';
import { lookAtFiles } from '#transfer';
import { type AskedWorker, startAskedWork } from './asked-work.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import { LEASE_MS, LeasedWork } from './leased-work.ts';
import { demandSlot, underLoginPause } from './login-pause.ts';
import type { SessionOpener } from './open-session.ts';
import { SessionEvidence } from './session-evidence.ts';

/** Somebody writes a route and waits. */
const LOOK_EVERY_MS = 500;
/** A server that does not answer keeps nobody from looking elsewhere. */
const MOST_AT_ONCE = 4;
const LOOK_DEADLINE_MS = 120_000;
/** Transfers keep their sessions for as long as they have files. */
const SLOT_PATIENCE_MS = 20_000;
const SLOT_WAIT_MS = 500;

export interface LookParts {
  worker: string;
  tags?: Iterable<string> | undefined;
  store: Store;
  recorder: RunRecorder;
  queue: DoorbellQueue;
  openSession: SessionOpener;
  leases: LeaseKeeper;
  leaseMs: number;
  log: Logger;
  metrics: Metrics;
  /** Default 500. */
  lookEveryMs?: number | undefined;
}

/** Looks at the files that a route would find, where somebody asked for it; nothing is moved, nothing is written there. */
export function startLookRunner(parts: LookParts): AskedWorker {
  return startAskedWork({
    ...{ what: 'looks', everyMs: parts.lookEveryMs ?? LOOK_EVERY_MS, most: MOST_AT_ONCE, log: parts.log },
    async take(stopping) {
      if (!(await isAsked(parts.store.db, 'look'))) return undefined;
      const look = await parts.store.transaction((tx) => claimLook(tx, parts, LEASE_MS));
      if (!look) return undefined;
      const { id: lookId, endpoint } = look;
      return () => bindWork({ lookId, endpoint }, () => new LookRun(parts, look, stopping).run());
    },
  });
}

/** One look in this worker's hands. */
class LookRun {
  readonly #parts: LookParts;
  readonly #look: LookRecord;
  readonly #work: LeasedWork;
  readonly #evidence: SessionEvidence;

  constructor(parts: LookParts, look: LookRecord, stopping: AbortSignal) {
    this.#parts = parts;
    this.#look = look;
    const keep = (leaseMs: number) =>
      parts.store.transaction((tx) => keepLook(tx, look.id, parts.worker, leaseMs));
    const limits = { what: 'the look', deadlineMs: LOOK_DEADLINE_MS };
    this.#work = new LeasedWork({ ...limits, keep, log: parts.log }, stopping);
    const moment = { worker: parts.worker, runId: null, attemptId: null };
    this.#evidence = new SessionEvidence(parts.recorder, moment, parts.metrics);
  }

  async run(): Promise<void> {
    try {
      await this.#finish(await this.#work.run(() => this.#carryOut()));
    } catch (thrown) {
      const error = TransferError.from(thrown, 'list');
      this.#parts.log.warn({ err: error, code: error.code }, 'look failed');
      await this.#finish(error);
    }
  }

  async #carryOut(): Promise<LookResult> {
    const { recorder, queue, log } = this.#parts;
    const endpoint = await this.#findEndpoint();
    const { slotIds, askedAtMs } = await this.#takeSlot(endpoint);
    try {
      return await this.#list(endpoint, slotIds, askedAtMs);
    } finally {
      const waiting = await recorder.releaseSessionSlots(slotIds);
      if (waiting)
        await queue
          .ring(doorbellOf(waiting))
          .catch((error: unknown) => log.warn({ err: error }, 'the doorbell did not ring'));
      await this.#evidence.flush();
    }
  }

  async #findEndpoint(): Promise<Endpoint> {
    const { endpoint: name } = this.#look;
    const found = await findEndpoint(this.#parts.store.db, EVERYTHING, name);
    const refused = (code: 'invalid_configuration' | 'cancelled', detail: string) =>
      new TransferError(code, { phase: 'connect', detail });
    if (!found) throw refused('invalid_configuration', `There is no endpoint ${name} any more.`);
    if (found.paused) throw refused('cancelled', `${name} has been paused meanwhile.`);
    return found.endpoint;
  }

  /** The right to log in, as transfers have it: all workers together keep to `maxSessions`. */
  async #takeSlot({ name }: Endpoint): Promise<{ slotIds: readonly string[]; askedAtMs: number }> {
    const { recorder, worker, leaseMs } = this.#parts;
    const since = performance.now();
    for (;;) {
      const askedAtMs = performance.now();
      const answer = await recorder.takeSessionSlot(name, worker, leaseMs);
      if (answer.kind === 'taken') return { slotIds: answer.slotIds, askedAtMs };
      if (performance.now() - since > SLOT_PATIENCE_MS) {
        const detail = `Transfers have all sessions that maxSessions of ${name} allows. Ask again when one of them has ended.`;
        throw new TransferError('server_busy', { phase: 'connect', detail });
      }
      await wait(SLOT_WAIT_MS, undefined, { signal: this.#work.signal });
    }
  }

  async #list(endpoint: Endpoint, slotIds: readonly string[], askedAtMs: number): Promise<LookResult> {
    const { openSession, leases } = this.#parts;
    const lease = leases.holdSlots(slotIds, askedAtMs);
    const signal = AbortSignal.any([this.#work.signal, lease.signal]);
    let session: RemoteSession | undefined;
    const open = async () => {
      session = await openSession(endpoint, this.#evidence, signal);
      return session;
    };
    try {
      const isLocal = endpoint.protocol === 'local';
      if (!isLocal) demandSlot(lease);
      signal.throwIfAborted();
      const source = isLocal ? await open() : await underLoginPause(this.#parts, endpoint.name, open);
      return await lookAtFiles(source, this.#look.selection, signal);
    } finally {
      await session?.close();
      lease.release();
    }
  }

  async #finish(end: LookResult | TransferError): Promise<void> {
    const { store, worker } = this.#parts;
    const { id, endpoint, selection } = this.#look;
    const outcome = outcomeOf(end);
    await store.transaction(async (tx) => {
      if (!(await finishLook(tx, id, worker, outcome))) return;
      await recordEvent(tx, {
        actor: workerActor(worker),
        action: 'error' in outcome ? 'endpoint.look_failed' : 'endpoint.looked',
        object: 'endpoint',
        objectId: endpoint,
        details: {
          look: id,
          path: selection.path,
          ...('error' in outcome
            ? { error: outcome.error.code }
            : { seen: outcome.result.seen, matched: outcome.result.matched }),
        },
      });
    });
  }
}

/** The sentence of a code says what it means; the server's own words, what it said. */
function outcomeOf(end: LookResult | TransferError): LookEnd {
  if (!(end instanceof TransferError)) return { result: end };
  const { code, phase, detail, reply } = end;
  return { error: { code, phase, detail: detail ?? reply } };
}
