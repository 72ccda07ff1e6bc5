import type { Store, Tx } from '#store';
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
  const newest = await store.transaction((tx) =>
    tx.auditEvent.findFirst({ orderBy: { id: 'desc' }, select: { id: true } }),
  );
  const startedAfter = newest?.id ?? 0n;
  const seen = new Set<bigint>();
  let highest = startedAfter;

  async function look(): Promise<void> {
    const from = highest - LOOK_BACK > startedAfter ? highest - LOOK_BACK : startedAfter;
    for (const id of seen) if (id <= from) seen.delete(id);
    const reports = await store.transaction(async (tx) => {
      const events = await tx.auditEvent.findMany({
        where: { id: { gt: from, notIn: [...seen] }, action: { in: TOLD } },
        orderBy: { id: 'asc' },
        take: ROWS_PER_LOOK,
      });
      const found: { id: bigint; report: DeliveryReport | undefined }[] = [];
      for (const event of events) found.push({ id: event.id, report: await describe(tx, event) });
      return found;
    });
    for (const { id, report: found } of reports) {
      seen.add(id);
      if (id > highest) highest = id;
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

interface EventRow {
  at: Date;
  action: string;
  runId: string | null;
  transferId: string | null;
  details: unknown;
}

async function describe(tx: Tx, event: EventRow): Promise<DeliveryReport | undefined> {
  const details = event.details as Record<string, unknown>;
  const outcome = outcomeOf(event.action);
  const error =
    outcome === 'delivered'
      ? undefined
      : { code: String(details.code ?? 'internal'), detail: details.detail as string | undefined };
  if (event.transferId !== null) {
    const transfer = await tx.transfer.findUnique({
      where: { id: event.transferId },
      include: { route: { include: { source: true, destination: true } } },
    });
    if (!transfer) return undefined;
    return {
      at: event.at,
      outcome,
      direction: directionOf(transfer.route),
      route: transfer.route.name,
      fileName: lastSegment(transfer.sourcePath),
      sizeBytes: transfer.sizeBytes === null ? null : Number(transfer.sizeBytes),
      sha256: transfer.sha256,
      tls: outcome === 'delivered' ? await findTls(tx, transfer.id) : undefined,
      error,
      heldTransferId: outcome === 'held' ? transfer.id : undefined,
    };
  }
  if (event.runId === null) return undefined;
  const run = await tx.run.findUnique({
    where: { id: event.runId },
    include: { route: { include: { source: true, destination: true } } },
  });
  // The run's outcome by its transfers is told by the transfers; this is for what failed before there were any.
  if (!run || error?.code === undefined || details.code === undefined) return undefined;
  return {
    at: event.at,
    outcome,
    direction: directionOf(run.route),
    route: run.route.name,
    fileName: event.action === 'run.given_up' ? `(${String(details.transfers)} waiting files)` : '(listing)',
    sizeBytes: null,
    sha256: null,
    tls: undefined,
    error,
  };
}

function outcomeOf(action: string): DeliveryReport['outcome'] {
  if (action === 'transfer.delivered') return 'delivered';
  if (action === 'transfer.held' || action === 'transfer.quarantined') return 'held';
  return action === 'transfer.attempt_failed' || action === 'run.planning_failed' ? 'will_retry' : 'failed';
}

function directionOf(route: {
  source: { protocol: string };
  destination: { protocol: string };
}): DeliveryReport['direction'] {
  const [from, to] = [route.source.protocol !== 'local', route.destination.protocol !== 'local'];
  return from === to ? 'move' : from ? 'pull' : 'push';
}

/** What carried the bytes: the newest data connection of the transfer's last attempt that was not refused. */
async function findTls(tx: Tx, transferId: string): Promise<TlsSummary | Unprotected | undefined> {
  const attempt = await tx.attempt.findFirst({ where: { transferId }, orderBy: { number: 'desc' } });
  if (!attempt) return undefined;
  const negotiation = await tx.tlsNegotiation.findFirst({
    where: { attemptId: attempt.id, verdict: { not: 'refused' }, command: { in: ['RETR', 'STOR'] } },
    orderBy: { startedAt: 'desc' },
  });
  if (!negotiation) return undefined;
  if (negotiation.verdict === 'unprotected') return { unprotectedBy: negotiation.legacyPolicy ?? 'nothing' };
  return {
    protocol: negotiation.protocol ?? 'TLS',
    cipher: negotiation.cipher ?? 'unknown',
    channel: negotiation.channel === 'data' ? 'data' : 'control',
    resumed: negotiation.resumed,
  };
}

function lastSegment(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
