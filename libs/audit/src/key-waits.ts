import type { TransferError } from '#domain';
import type { Store } from '#store';
import { recordEvent, runEvent, workerActor } from './events.ts';
import { openKeyOutage, prolongKeyOutage } from './key-outages.ts';

/** What everybody hears who sees the run. Where the keys are, and what is wrong there, is in the incident, health and the log. */
const AWAY = 'The keys of its secrets are away.';

/**
 * The keys that open this run's secrets are away: nobody tries before `delayMs` are over, and no attempt is counted. The
 * run says why; the audit says it once for each time the keys are away, and so does an incident of the installation. Files under way go on, and those after them.
 */
export async function waitForKeys(
  store: Store,
  runId: string,
  worker: string,
  error: TransferError,
  delayMs: number,
): Promise<void> {
  await store.transaction(async (tx) => {
    const rows = await tx.$queryRaw<{ before: string | null }[]>`
      UPDATE run SET not_before = clock_timestamp() + ${delayMs} * interval '1 millisecond',
             error_code = ${error.code}, error_phase = ${error.phase}, error_detail = ${AWAY}
        FROM (SELECT id, error_code FROM run WHERE id = ${runId}::uuid FOR UPDATE) AS known
       WHERE run.id = known.id AND run.state IN ('queued', 'running')
         AND NOT EXISTS (SELECT FROM transfer WHERE run_id = run.id AND lease_until > clock_timestamp())
      RETURNING known.error_code AS before`;
    if (rows.length === 0) return;
    const because = error.cause instanceof Error ? error.cause.message : (error.detail ?? error.sentence);
    if (rows[0]!.before === error.code) return prolongKeyOutage(tx, worker, because);
    await recordEvent(
      tx,
      runEvent(
        workerActor(worker),
        'run.waits_for_keys',
        { object: 'run', objectId: runId, runId },
        { code: error.code, detail: AWAY },
      ),
    );
    await openKeyOutage(tx, worker, because);
  });
}

/** They are back. */
export async function endKeyWait(store: Store, runId: string, worker: string): Promise<void> {
  await store.transaction(async (tx) => {
    const count = await tx.$executeRaw`
      UPDATE run SET error_code = NULL, error_phase = NULL, error_detail = NULL
       WHERE id = ${runId}::uuid AND state IN ('queued', 'running') AND error_code = 'secret_unavailable'`;
    if (count === 0) return;
    await recordEvent(
      tx,
      runEvent(workerActor(worker), 'run.secrets_available', { object: 'run', objectId: runId, runId }),
    );
  });
}
