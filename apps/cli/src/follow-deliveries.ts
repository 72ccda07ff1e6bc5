import { findEventsToTell, type Store, type ToldEvent } from '#store';
import type { DeliveryReport, TlsSummary, Unprotected } from './delivery-lines.ts';

const EVERY_MS = 500;
/** Ids are given before the commit: an event may appear after one with a higher id. This far back is looked again. */
const LOOK_BACK = 1000n;
const ROWS_PER_LOOK = 200;
const TOLD = [
  'transfer.delivered',
  'transfer.failed',
  'transfer.held',
  'transfer.quarantined',
  'transfer.attempt_failed',
  'run.failed',
  'run.planning_failed',
  'run.given_up',
];

interface Follower {
  /** Reports what is recorded until now, then ends. */
  stop(): Promise<void>;
}

/**
 * Tells of each delivery and failure from the audit events alone, so that the terminal can say nothing that is
 * not recorded, whichever process did the work.
 */
export async function followDeliveries(
  store: Store,
  report: (report: DeliveryReport) => void,
  complain: (error: unknown) => void,
): Promise<Follower> {
  const newest = await store.db.auditEvent.findFirst({ orderBy: { id: 'desc' }, select: { id: true } });
  const startedAfter = newest?.id ?? 0n;
  const seen = new Set<bigint>();
  let highest = startedAfter;

  async function look(): Promise<void> {
    const after = highest - LOOK_BACK > startedAfter ? highest - LOOK_BACK : startedAfter;
    for (const id of seen) if (id <= after) seen.delete(id);
    const search = { after, except: seen, actions: TOLD, limit: ROWS_PER_LOOK };
    for (const event of await findEventsToTell(store.db, search)) {
      seen.add(event.id);
      if (event.id > highest) highest = event.id;
      const found = reportOf(event);
      if (found) report(found);
    }
  }

  let looking: Promise<void> = Promise.resolve();
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    looking = look()
      .catch(complain)
      .finally(() => {
        busy = false;
      });
  }, EVERY_MS);
  return {
    async stop() {
      clearInterval(timer);
      await looking;
      await look().catch(complain);
    },
  };
}

function reportOf(event: ToldEvent): DeliveryReport | undefined {
  const { action, details, route } = event;
  if (route === null) return undefined;
  const outcome = outcomeOf(action);
  const report = { at: event.at, outcome, direction: directionOf(event), route };
  const error = {
    code: String(details['code'] ?? 'internal'),
    detail: details['detail'] as string | undefined,
  };
  if (event.transferId !== null && event.sourcePath !== null)
    return {
      ...report,
      fileName: lastSegment(event.sourcePath),
      sizeBytes: event.sizeBytes === null ? null : Number(event.sizeBytes),
      sha256: event.sha256,
      tls: tlsOf(event.tls),
      error: outcome === 'delivered' ? undefined : error,
      heldTransferId: outcome === 'held' ? event.transferId : undefined,
    };
  // The run's outcome by its transfers is told by the transfers; this is for what failed before there were any.
  if (details['code'] === undefined) return undefined;
  const fileName =
    action === 'run.given_up' ? `(${String(details['transfers'])} waiting files)` : '(listing)';
  return { ...report, fileName, sizeBytes: null, sha256: null, tls: undefined, error };
}

function outcomeOf(action: string): DeliveryReport['outcome'] {
  if (action === 'transfer.delivered') return 'delivered';
  if (action === 'transfer.held' || action === 'transfer.quarantined') return 'held';
  return action === 'transfer.attempt_failed' || action === 'run.planning_failed' ? 'will_retry' : 'failed';
}

function directionOf({ sourceProtocol, destinationProtocol }: ToldEvent): DeliveryReport['direction'] {
  const [from, to] = [sourceProtocol !== 'local', destinationProtocol !== 'local'];
  return from === to ? 'move' : from ? 'pull' : 'push';
}

function tlsOf(tls: ToldEvent['tls']): TlsSummary | Unprotected | undefined {
  if (!tls) return undefined;
  if (tls.verdict === 'unprotected') return { unprotectedBy: tls.legacyPolicy ?? 'nothing' };
  return {
    protocol: tls.protocol ?? 'TLS',
    cipher: tls.cipher ?? 'unknown',
    channel: 'data',
    resumed: tls.resumed,
  };
}

function lastSegment(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
