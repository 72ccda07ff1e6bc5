import type { CheckedRoute, Findings } from './findings.ts';
import type { AttemptRow, EventRow, NegotiationRow, RouteRow, Tables, TransferRow } from './read-tables.ts';

/** Weakest first; written down here once more, because this code shares nothing with the product. */
const ASSURANCE = ['none', 'size', 'read_back', 'hash_by_server'];

/** Which event says that an attempt came to this end. */
const END_EVENTS: Readonly<Record<string, readonly string[]>> = {
  delivered: ['transfer.delivered'],
  failed: ['transfer.attempt_failed', 'transfer.failed'],
  held: ['transfer.held'],
  cancelled: ['transfer.attempt_failed', 'transfer.failed', 'transfer.cancelled'],
  abandoned: ['attempt.abandoned'],
};

/** The rows of one route against its audit: what was done, in which order, by whose right. */
export function checkAttempts(route: CheckedRoute, row: RouteRow, tables: Tables, findings: Findings): void {
  const events = groupBy(tables.events, (event) => event.transferId);
  const attempts = groupBy(tables.attempts, (attempt) => attempt.transferId);
  const negotiations = {
    byAttempt: groupBy(tables.negotiations, (one) => one.attemptId),
    bySession: groupBy(tables.negotiations, (one) => one.sessionId),
  };
  const transfers = tables.transfers.filter(({ routeId }) => routeId === row.id);
  const byId = new Map(tables.transfers.map((transfer) => [transfer.id, transfer]));
  for (const transfer of transfers) {
    const add = (kind: Parameters<Findings['add']>[0], detail: string, about = transfer.sourcePath) =>
      findings.add(kind, route.name, about, detail);
    const own = events.get(transfer.id) ?? [];
    checkSuppression(transfer, byId, add);
    if (transfer.state === 'suppressed') continue;
    checkOrder(transfer, own, add);
    checkFences(transfer, attempts.get(transfer.id) ?? [], own, add);
    if (transfer.state === 'delivered') checkDelivered(transfer, own, row.minimum, add);
    if (transfer.state === 'held' && !hasIncident(transfer, tables))
      add('held_without_incident', transfer.errorCode ?? 'held');
    for (const attempt of attempts.get(transfer.id) ?? []) {
      checkAttempt(attempt, own, add);
      for (const side of remoteSides(row, attempt)) checkSide(attempt, side, own, negotiations, add);
    }
  }
}

type Add = (kind: Parameters<Findings['add']>[0], detail: string, about?: string) => void;

function checkSuppression(transfer: TransferRow, byId: Map<string, TransferRow>, add: Add): void {
  if (transfer.state !== 'suppressed') return;
  const other = byId.get(transfer.suppressedById ?? '');
  const same =
    other?.sourcePath === transfer.sourcePath &&
    other.sourceSizeBytes === transfer.sourceSizeBytes &&
    other.sourceModified === transfer.sourceModified &&
    other.state !== 'suppressed';
  if (!same) add('suppression_wrong', `it names ${other ? other.sourcePath : 'no transfer of the route'}`);
}

/** No publish without an intent that stands, by the same attempt or an earlier one; no disposition before it. */
function checkOrder(transfer: TransferRow, events: readonly EventRow[], add: Add): void {
  let intendedBy: number | undefined;
  let publishes = 0;
  for (const { action, details } of events) {
    const fence = Number(details['fence'] ?? 0);
    if (action === 'transfer.publish_intended') intendedBy = fence;
    else if (action === 'transfer.publish_withdrawn' || details['decision'] === 'resend')
      intendedBy = undefined;
    else if (action === 'transfer.published') {
      publishes++;
      const own = details['recovered'] !== true;
      if (intendedBy === undefined)
        add('published_without_intent', 'no intent stands before it in the audit');
      else if (own ? intendedBy !== fence : intendedBy > fence)
        add('published_without_intent', `intended by claim ${intendedBy}, published by claim ${fence}`);
    } else if (action === 'transfer.disposed' && publishes === 0) {
      add(
        'disposed_before_delivered',
        `the source of ${transfer.sourcePath} went before its target was there`,
      );
    }
  }
}

function checkDelivered(transfer: TransferRow, events: readonly EventRow[], minimum: string, add: Add): void {
  // A person may say that it has arrived.
  const said = events.some(
    ({ action, details }) => action === 'transfer.published' || details['decision'] === 'delivered',
  );
  if (!said) add('delivery_not_in_audit', 'delivered, and nobody published it');
  if (ASSURANCE.indexOf(transfer.assurance ?? '') < ASSURANCE.indexOf(minimum))
    add('below_minimum', `${transfer.assurance}, the route asks for ${minimum}`);
}

/** Each claim has a higher number than all before, and nobody acts by an older right. */
function checkFences(
  transfer: TransferRow,
  attempts: readonly AttemptRow[],
  events: readonly EventRow[],
  add: Add,
): void {
  let highest = 0;
  for (const { number, fence } of attempts) {
    if (fence <= highest) add('fence_backwards', `attempt ${number} has fence ${fence} after ${highest}`);
    highest = Math.max(highest, fence);
  }
  if (transfer.fence < highest) add('fence_backwards', `the row has ${transfer.fence} after ${highest}`);
  let claimed = 0;
  for (const { id, action, details } of events) {
    if (details['fence'] === undefined || action === 'attempt.abandoned') continue;
    const fence = Number(details['fence']);
    if (fence < claimed || (action === 'transfer.claimed' && fence === claimed))
      add('fence_backwards', `event ${id} ${action} by claim ${fence} after claim ${claimed}`);
    claimed = Math.max(claimed, fence);
  }
}

function checkAttempt(attempt: AttemptRow, events: readonly EventRow[], add: Add): void {
  if (attempt.outcome === 'running') {
    add('attempt_open', `attempt ${attempt.number} never ended`, attempt.id);
    return;
  }
  const isOurs = ({ objectId, details }: EventRow) =>
    objectId === attempt.id || details['attemptId'] === attempt.id;
  const own = events.filter(isOurs).map(({ action }) => action);
  if (!own.includes('transfer.claimed'))
    add('attempt_without_events', `attempt ${attempt.number}: nobody claimed it`, attempt.id);
  const ends = END_EVENTS[attempt.outcome] ?? [];
  if (!own.some((action) => ends.includes(action)))
    add(
      'attempt_without_events',
      `attempt ${attempt.number}: no event that it was ${attempt.outcome}`,
      attempt.id,
    );
}

interface Side {
  endpoint: string;
  sessionId: string | null;
}

function remoteSides(row: RouteRow, attempt: AttemptRow): Side[] {
  const sides = [
    {
      protocol: row.sourceProtocol,
      endpoint: row.sourceEndpoint,
      sessionId: attempt.sourceSessionId,
    },
    {
      protocol: row.destinationProtocol,
      endpoint: row.destinationEndpoint,
      sessionId: attempt.destinationSessionId,
    },
  ];
  return sides.filter(({ protocol }) => protocol !== 'local');
}

/** Bytes that went over a partner's connection have the handshake of that connection on record. */
function checkSide(
  attempt: AttemptRow,
  side: Side,
  events: readonly EventRow[],
  negotiations: { byAttempt: Map<string, NegotiationRow[]>; bySession: Map<string, NegotiationRow[]> },
  add: Add,
): void {
  const published = events.some(
    ({ action, details }) => action === 'transfer.publish_intended' && details['attemptId'] === attempt.id,
  );
  const isAccepted = (channel: string) => (one: NegotiationRow) =>
    one.channel === channel && one.verdict === 'accepted' && one.endpoint === side.endpoint;
  if (published && !negotiations.byAttempt.get(attempt.id)?.some(isAccepted('data')))
    add(
      'negotiations_missing',
      `attempt ${attempt.number}: no data connection of ${side.endpoint}`,
      attempt.id,
    );
  if (side.sessionId === null || !published) return;
  if (!negotiations.bySession.get(side.sessionId)?.some(isAccepted('control')))
    add(
      'negotiations_missing',
      `attempt ${attempt.number}: no control connection of ${side.endpoint}`,
      attempt.id,
    );
}

function hasIncident(transfer: TransferRow, { incidents }: Tables): boolean {
  return incidents.some(({ transferId, objectId }) => transferId === transfer.id || objectId === transfer.id);
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string | null): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    if (key === null) continue;
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
