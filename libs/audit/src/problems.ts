import { type Actor, ERROR_TABLE, type ErrorCode, type IncidentKind } from '#domain';
import type { Tx } from '#store';
import { openIncident, resolveIncidents } from './incidents.ts';

// Which states are somebody's problem, and in which words the person on duty hears of it.

/** A transfer is held: in doubt, or delivered with a source that could not be disposed of; `quarantined` is said. */
export async function openHeldTransfer(
  tx: Tx,
  transferId: string,
  actor: Actor,
  held: { code: string; detail: string; quarantined?: boolean },
): Promise<void> {
  const transfer = await tx.transfer.findUniqueOrThrow({
    where: { id: transferId },
    include: { route: { select: { name: true } } },
  });
  const kind: IncidentKind = held.quarantined
    ? 'transfer_quarantined'
    : transfer.deliveredAt
      ? 'transfer_held'
      : 'transfer_in_doubt';
  await openIncident(tx, {
    kind,
    object: 'transfer',
    objectId: transferId,
    actor,
    runId: transfer.runId,
    transferId,
    route: transfer.route.name,
    endpoint: kind === 'transfer_in_doubt' ? transfer.destinationEndpoint : transfer.sourceEndpoint,
    summary: `${transfer.sourcePath} of ${transfer.route.name} ${HELD_BECAUSE[kind]}: ${held.detail}`,
    errorCode: held.code,
  });
}

const HELD_BECAUSE: Readonly<Partial<Record<IncidentKind, string>>> = {
  transfer_quarantined: 'is quarantined',
  transfer_held: 'is delivered, but its source was not disposed of',
  transfer_in_doubt: 'may or may not be delivered',
};

/** The decision on the transfer is the end of its incidents. */
export async function closeHeldTransfer(
  tx: Tx,
  transferId: string,
  actor: Actor,
  resolution: string,
): Promise<void> {
  const kinds = ['transfer_in_doubt', 'transfer_quarantined', 'transfer_held'] as const;
  await resolveIncidents(tx, { kinds, object: 'transfer', objectId: transferId, actor, resolution });
}

/** One incident for the route, however many of its runs fail: the next one that delivers everything ends it. */
export async function openFailedRun(
  tx: Tx,
  runId: string,
  actor: Actor,
  failure?: { code: string; detail: string },
): Promise<void> {
  const run = await tx.run.findUniqueOrThrow({
    where: { id: runId },
    include: { route: { select: { name: true } } },
  });
  const why = failure ?? (await describeFailedFiles(tx, runId));
  await openIncident(tx, {
    kind: 'run_failed',
    object: 'route',
    objectId: run.routeId,
    actor,
    runId,
    route: run.route.name,
    summary: `A run of ${run.route.name} failed: ${why.detail}`,
    errorCode: why.code,
  });
}

async function describeFailedFiles(tx: Tx, runId: string): Promise<{ code: string; detail: string }> {
  const groups = await tx.transfer.groupBy({
    by: ['errorCode'],
    where: { runId, state: 'failed' },
    _count: { _all: true },
    orderBy: { _count: { errorCode: 'desc' } },
  });
  const all = groups.reduce((sum, group) => sum + group._count._all, 0);
  const code = groups[0]?.errorCode ?? 'internal';
  const sentence = Object.hasOwn(ERROR_TABLE, code) ? ` ${ERROR_TABLE[code as ErrorCode].sentence}` : '';
  return {
    code,
    detail: `${all} ${all === 1 ? 'file was' : 'files were'} not delivered (${code}).${sentence}`,
  };
}

/** A run that delivered everything proves that what stopped earlier ones of its route is over. */
export async function closeFailedRuns(tx: Tx, runId: string, routeId: string, actor: Actor): Promise<void> {
  await resolveIncidents(tx, {
    kinds: ['run_failed'],
    object: 'route',
    objectId: routeId,
    actor,
    resolution: `Run ${runId} delivered everything.`,
    provedByRunId: runId,
  });
}

/** The partner refused our login: once for the endpoint, however many lanes and runs were refused. */
export async function openRefusedLogin(
  tx: Tx,
  endpoint: { id: string; name: string },
  actor: Actor,
  failure: { code: string; detail: string },
): Promise<void> {
  await openIncident(tx, {
    kind: 'login_refused',
    object: 'endpoint',
    objectId: endpoint.id,
    actor,
    endpoint: endpoint.name,
    summary: `${endpoint.name} refused our login: ${failure.detail}`,
    errorCode: failure.code,
  });
}

export async function closeRefusedLogin(tx: Tx, endpointId: string, actor: Actor): Promise<void> {
  await resolveIncidents(tx, {
    kinds: ['login_refused'],
    object: 'endpoint',
    objectId: endpointId,
    actor,
    resolution: 'A login was accepted.',
  });
}
