import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RetryPolicy, type SourceDisposition, type TransferDecision, TransferError } from '#domain';
import type { MoveFact } from '#transfer';
import { MemoryLedger } from '../testing/index.ts';
import { type Move, move } from '../testing/ledger-moves.ts';
import {
  LEASE_MS,
  NO_EVIDENCE,
  OPERATOR,
  type RecordedRuns,
  startRecordedRuns,
} from '../testing/recorded-runs.ts';
import type { ClaimedTransfer } from './claims.ts';
import { WrongState } from './wrong-state.ts';

const SEQUENCES = Number(process.env['WAYBILL_LEDGER_SEQUENCES'] ?? 200);
const SEED = Number(process.env['WAYBILL_SEED'] ?? 20261121);
const RETRY: RetryPolicy = { maxAttempts: 3, firstDelayMs: 10_000, factor: 2, maxDelayMs: 60_000, jitter: 0 };
const LANES = 2;
const SHA256 = 'a'.repeat(64);
let runs: RecordedRuns;
let cases = 0;

beforeAll(async () => {
  runs = await startRecordedRuns();
});

afterAll(async () => {
  await runs.close();
});

/** The recorder on a real database and the ledger in memory, side by side. */
class Pair {
  readonly #route: string;
  readonly #prefix: string;
  readonly #ledgerRoute;
  readonly #ledger = new MemoryLedger(() => this.#nowMs);
  readonly #runs: { real: string; model: string }[] = [];
  readonly #claims: { real: ClaimedTransfer; model: ClaimedTransfer }[] = [];
  #nowMs = 0;

  constructor(route: string, dispose: SourceDisposition) {
    this.#route = route;
    this.#prefix = `${++cases}`;
    this.#ledgerRoute = { name: route, lanes: LANES, retry: RETRY, afterDelivery: { source: dispose } };
  }

  async do(move: Move): Promise<void> {
    this.#nowMs += 1;
    const { real, model } = await this.#ask(move);
    expect(model, JSON.stringify(move)).toEqual(real);
  }

  async compareRows(): Promise<void> {
    expect(this.#modelRows()).toEqual(await this.#realRows());
  }

  async #ask(move: Move): Promise<{ real: unknown; model: unknown }> {
    const { recorder } = runs;
    switch (move.do) {
      case 'plan':
        return this.#plan(move.files);
      case 'claim': {
        const run = this.#runs[move.run];
        if (!run) return NOTHING;
        const worker = `${this.#prefix}-${move.worker}`;
        const real = await recorder.claimTransfer(run.real, worker, LEASE_MS);
        const model = await this.#ledger.claimTransfer(run.model, worker, LEASE_MS);
        if (real && model) this.#claims.push({ real, model });
        return { real: shown(real), model: shown(model) };
      }
      case 'fact':
        return this.#fact(move.claim, factOf(move.kind));
      case 'reach': {
        for (const kind of (['streaming', 'verifying', 'publish_intended', 'published'] as const).slice(
          0,
          move.facts,
        )) {
          const { real, model } = await this.#fact(move.claim, factOf(kind));
          expect(model).toEqual(real);
        }
        return NOTHING;
      }
      case 'renew':
        return this.#both(move.claim, async (ledger, { claim }) => [
          ...(await ledger.renewClaims([claim], LEASE_MS)).values(),
        ]);
      case 'delivered':
        if (!this.#mayEnd(move.claim)) return NOTHING;
        return this.#both(move.claim, (ledger, { claim }) => ledger.recordDelivered(claim, NO_EVIDENCE));
      case 'failure': {
        const error = new TransferError(move.code, { phase: 'stream' });
        return this.#both(move.claim, (ledger, { claim }) =>
          ledger.recordFailure(claim, error, RETRY, NO_EVIDENCE),
        );
      }
      case 'advance':
        return this.#advance(move.seconds * 1000);
      case 'cancel': {
        const run = this.#runs[move.run];
        if (!run) return NOTHING;
        return {
          real: await recorder.cancelRun(run.real, OPERATOR, 'a test'),
          model: await this.#ledger.cancelRun(run.model, OPERATOR, 'a test'),
        };
      }
      case 'settle': {
        const run = this.#runs[move.run];
        if (!run) return NOTHING;
        return { real: await recorder.settleRun(run.real), model: await this.#ledger.settleRun(run.model) };
      }
      case 'rerun':
        return this.#rerun(move.run);
      case 'resolve':
        return this.#resolve(move.transfer, move.decision);
      case 'pause':
        await answerOf(recorder.pause({ object: 'route', name: this.#route }, OPERATOR, 'a test'));
        this.#ledger.pauseRoute(this.#route);
        return NOTHING;
      case 'resume':
        await answerOf(recorder.resume({ object: 'route', name: this.#route }, OPERATOR, 'a test'));
        this.#ledger.resumeRoute(this.#route);
        return NOTHING;
    }
  }

  async #plan(files: readonly number[]): Promise<{ real: unknown; model: unknown }> {
    const run = { real: await runs.aRun(this.#route), model: this.#ledger.addRun(this.#ledgerRoute) };
    this.#runs.push(run);
    const planned = files.map((file) => ({
      version: { path: `/${file}`, sizeBytes: 1n, modified: '1' },
      destinationPath: `/${file}`,
    }));
    const real = await runs.recorder.claimPlanning(run.real, 'planner', LEASE_MS);
    const model = await this.#ledger.claimPlanning(run.model, 'planner', LEASE_MS);
    return {
      real: real && (await runs.recorder.recordPlan(real, planned, [])),
      model: model && (await this.#ledger.recordPlan(model, planned)),
    };
  }

  #fact(claim: number, fact: MoveFact): Promise<{ real: unknown; model: unknown }> {
    return this.#both(claim, (ledger, claimed) => ledger.recordFact(claimed.claim, fact));
  }

  async #both(
    place: number,
    ask: (ledger: Ledger, claimed: ClaimedTransfer) => Promise<unknown>,
  ): Promise<{ real: unknown; model: unknown }> {
    const pair = this.#claims[place];
    if (!pair) return NOTHING;
    return {
      real: await answerOf(ask(runs.recorder, pair.real)),
      model: await answerOf(ask(this.#ledger, pair.model)),
    };
  }

  /** The engine has come to its end only when the delivery is recorded. */
  #mayEnd(place: number): boolean {
    const { claim } = this.#claims[place]?.model ?? {};
    if (!claim) return false;
    const row = this.#ledger.transfer(claim.transferId);
    return row.delivered || row.fence !== claim.fence || row.leaseOwner !== claim.worker;
  }

  /** The database's clock cannot be moved; everything that is compared with it can. */
  async #advance(ms: number): Promise<{ real: unknown; model: unknown }> {
    this.#nowMs += ms;
    await runs.store.db.$executeRaw`
      UPDATE transfer SET lease_until = lease_until - ${ms} * interval '1 millisecond',
             not_before = not_before - ${ms} * interval '1 millisecond'
       WHERE run_id = ANY(${this.#runs.map(({ real }) => real)}::uuid[])`;
    return NOTHING;
  }

  async #rerun(place: number): Promise<{ real: unknown; model: unknown }> {
    const run = this.#runs[place];
    if (!run) return NOTHING;
    const real = await answerOf(runs.recorder.rerunRun({ runId: run.real, requestedBy: OPERATOR }));
    const model = this.#ledger.rerunRun(run.model);
    const id = typeof real === 'object' ? (real as { run: { id: string } }).run.id : undefined;
    if (id !== undefined && model !== undefined) this.#runs.push({ real: id, model });
    return { real: id !== undefined, model: model !== undefined };
  }

  async #resolve(place: number, decision: TransferDecision): Promise<{ real: unknown; model: unknown }> {
    const model = this.#ledger.transfers[place];
    const real = (await this.#realTransfers())[place];
    if (!model || !real) return NOTHING;
    const reason = 'a test';
    return {
      real: await answerOf(
        runs.recorder.resolveTransfer(real.id, OPERATOR, { decision, reason }).then(() => undefined),
      ),
      model: await answerOf(
        Promise.resolve().then(() => this.#ledger.resolveTransfer(model.id, { decision })),
      ),
    };
  }

  #realTransfers() {
    return runs.store.db.transfer
      .findMany({
        where: { runId: { in: this.#runs.map(({ real }) => real) } },
        include: { attempts: { orderBy: { number: 'asc' } }, run: true },
      })
      .then((rows) =>
        rows.sort((a, b) => this.#placeOf(a) - this.#placeOf(b) || (a.sourcePath < b.sourcePath ? -1 : 1)),
      );
  }

  #placeOf({ runId }: { runId: string }): number {
    return this.#runs.findIndex(({ real }) => real === runId);
  }

  async #realRows() {
    const rows = await this.#realTransfers();
    return rows.map((row) => ({
      run: this.#placeOf(row),
      runState: row.run.state,
      path: row.sourcePath,
      state: row.state,
      fence: row.fence,
      forgiven: row.attemptsForgiven,
      temporaryPath: row.temporaryPath,
      sizeBytes: row.sizeBytes,
      sha256: row.sha256,
      assurance: row.assurance,
      publishIntended: row.publishIntentAt !== null,
      delivered: row.deliveredAt !== null,
      suppressed: row.suppressedById !== null,
      attempts: row.attempts.map(({ number, fence, worker, outcome }) => ({
        number,
        fence,
        worker,
        outcome,
      })),
    }));
  }

  #modelRows() {
    return this.#ledger.transfers.map((row) => ({
      run: this.#runs.findIndex(({ model }) => model === row.runId),
      runState: this.#ledger.stateOfRun(row.runId),
      path: row.version.path,
      state: row.state,
      fence: row.fence,
      forgiven: row.attemptsForgiven,
      temporaryPath: row.temporaryPath,
      sizeBytes: row.sizeBytes,
      sha256: row.sha256,
      assurance: row.assurance,
      publishIntended: row.publishIntended,
      delivered: row.delivered,
      suppressed: row.suppressedById !== null,
      attempts: row.attempts.map(({ number, fence, worker, outcome }) => ({
        number,
        fence,
        worker,
        outcome,
      })),
    }));
  }
}

type Ledger = Pick<MemoryLedger, 'recordFact' | 'recordDelivered' | 'recordFailure' | 'renewClaims'>;

const NOTHING = { real: undefined, model: undefined };

function factOf(kind: MoveFact['kind']): MoveFact {
  switch (kind) {
    case 'streaming':
      return { kind, temporaryPath: '/.t', destinationPath: '/x', resumedAtBytes: 0n };
    case 'verifying':
      return { kind, sizeBytes: 1n, sha256: SHA256 };
    case 'publish_intended':
      return { kind, sizeBytes: 1n, sha256: SHA256, assurance: 'size' };
    case 'publish_withdrawn':
      return { kind, reason: 'a test' };
    case 'published':
      return { kind, destinationPath: '/x', disposes: true, recovered: false };
    case 'disposed':
      return { kind, source: 'delete', note: 'deleted' };
  }
}

function shown(claimed: ClaimedTransfer | undefined): unknown {
  if (!claimed) return undefined;
  const { claim, version, destinationPath, previous } = claimed;
  return {
    fence: claim.fence,
    attempt: claim.attempt,
    worker: claim.worker,
    version,
    destinationPath,
    previous,
  };
}

/** The value, or the code of what was thrown. */
async function answerOf(asked: Promise<unknown>): Promise<unknown> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof TransferError || error instanceof WrongState) return error.code;
    throw error;
  }
}

it('answers as the recorder does, whatever workers, people and the clock do', async () => {
  const sequences = fc.record({
    dispose: fc.constantFrom<SourceDisposition>('keep', 'delete'),
    moves: fc.array(move, { minLength: 6, maxLength: 16, size: 'max' }),
  });
  await fc.assert(
    fc.asyncProperty(sequences, async ({ dispose, moves }) => {
      const afterDelivery = { source: dispose };
      const route = await runs.aRoute({ retry: RETRY, lanes: LANES, afterDelivery });
      const pair = new Pair(route, dispose);
      await pair.do({ do: 'plan', files: [0, 1] });
      for (const move of moves) await pair.do(move);
      await pair.compareRows();
    }),
    { numRuns: SEQUENCES, seed: SEED },
  );
}, 600_000);
