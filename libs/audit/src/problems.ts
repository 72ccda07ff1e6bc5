import { type Actor, ERROR_TABLE, type ErrorCode, type IncidentKind } from '#domain';
import type { SqlTx } from '#store';
import { openIncident, resolveIncidents } from './incidents.ts';

// Which states are somebody's problem, and in which words the person on duty hears of it.

/** A transfer is held: in doubt, or delivered with a source that could not be disposed of; `quarantined` is said. */
export async function openHeldTransfer(
  tx: SqlTx,
  transferId: string,
  actor: Actor,
  held: { code: string; detail: string; quarantined?: boolean },
): Promise<void> {
  const [row] = await tx.$queryRaw<HeldRow[]>`
    SELECT transfer.run_id::text AS "runId", route.name AS route, source_path AS "sourcePath", source_endpoint AS "sourceEndpoint",
           destination_endpoint AS "destinationEndpoint", delivered_at IS NOT NULL AS delivered
      FROM transfer JOIN transfer_route route ON route.id = transfer.route_id WHERE transfer.id = ${transferId}::uuid`;
  const transfer = row!;
  const kind: IncidentKind = held.quarantined
    ? 'transfer_quarantined'
    : transfer.delivered
      ? 'transfer_held'
      : 'transfer_in_doubt';
  await openIncident(tx, {
    kind,
    object: 'transfer',
    objectId: transferId,
    actor,
    runId: transfer.runId,
    transferId,
    route: transfer.route,
    endpoint: kind === 'transfer_in_doubt' ? transfer.destinationEndpoint : transfer.sourceEndpoint,
    summary: `${transfer.sourcePath} of ${transfer.route} ${HELD_BECAUSE[kind]}: ${held.detail}`,
    errorCode: held.code,
  });
}

interface HeldRow {
  runId: string;
  route: string;
  sourcePath: string;
  sourceEndpoint: string;
  destinationEndpoint: string;
  delivered: boolean;
}

const HELD_BECAUSE: Readonly<Partial<Record<IncidentKind, string>>> = {
  transfer_quarantined: 'is quarantined',
  transfer_held: 'is delivered, but its source was not disposed of',
  transfer_in_doubt: 'may or may not be delivered',
};

/** The decision on the transfer is the end of its incidents. */
export async function closeHeldTransfer(
  tx: SqlTx,
  transferId: string,
  actor: Actor,
  resolution: string,
): Promise<void> {
  const kinds = ['transfer_in_doubt', 'transfer_quarantined', 'transfer_held'] as const;
  await resolveIncidents(tx, { kinds, object: 'transfer', objectId: transferId, actor, resolution });
}

/** One incident for the route, however many of its runs fail: the next one that delivers everything ends it. */
export async function openFailedRun(
  tx: SqlTx,
  runId: string,
  actor: Actor,
  failure?: { code: string; detail: string },
): Promise<void> {
  const { routeId, route } = await routeOf(tx, runId);
  const why = failure ?? (await describeFailedFiles(tx, runId));
  await openIncident(tx, {
    kind: 'run_failed',
    object: 'route',
    objectId: routeId,
    actor,
    runId,
    route,
    summary: `A run of ${route} failed: ${why.detail}`,
    errorCode: why.code,
  });
}

async function describeFailedFiles(tx: SqlTx, runId: string): Promise<{ code: string; detail: string }> {
  const groups = await tx.$queryRaw<{ code: string | null; files: number }[]>`
    SELECT error_code AS code, count(*)::int AS files FROM transfer
     WHERE run_id = ${runId}::uuid AND state = 'failed' GROUP BY error_code ORDER BY files DESC, code`;
  const all = groups.reduce((sum, { files }) => sum + files, 0);
  const code = groups[0]?.code ?? 'internal';
  const sentence = Object.hasOwn(ERROR_TABLE, code) ? ` ${ERROR_TABLE[code as ErrorCode].sentence}` : '';
  return {
    code,
    detail: `${all} ${all === 1 ? 'file was' : 'files were'} not delivered (${code}).${sentence}`,
  };
}

/** A run that delivered everything proves that what stopped earlier ones of its route is over. */
export async function closeFailedRuns(
  tx: SqlTx,
  runId: string,
  routeId: string,
  actor: Actor,
): Promise<void> {
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
  tx: SqlTx,
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

export async function closeRefusedLogin(tx: SqlTx, endpointId: string, actor: Actor): Promise<void> {
  await resolveIncidents(tx, {
    kinds: ['login_refused'],
    object: 'endpoint',
    objectId: endpointId,
    actor,
    resolution: 'A login was accepted.',
  });
}

/** One for the route and the receiver, however many ends he was not told; the next message that he takes ends it. */
export async function openUntoldEnd(
  tx: SqlTx,
  runId: string,
  actor: Actor,
  { host, tries, because }: { host: string; tries: number; because: string },
): Promise<void> {
  const { routeId, route } = await routeOf(tx, runId);
  await openIncident(tx, {
    kind: 'callback_given_up',
    object: 'route',
    objectId: receiverOf(routeId, host),
    actor,
    runId,
    route,
    summary: `${host} was not told how a run of ${route} ended: ${because}, the last of ${tries} tries. Nobody tries again.`,
  });
}

export async function closeUntoldEnds(tx: SqlTx, runId: string, actor: Actor, host: string): Promise<void> {
  const { routeId } = await routeOf(tx, runId);
  await resolveIncidents(tx, {
    kinds: ['callback_given_up'],
    object: 'route',
    objectId: receiverOf(routeId, host),
    actor,
    resolution: `${host} takes messages again: it was told of run ${runId}. What it has missed is not sent again; those runs show \`callback.state\` given_up.`,
  });
}

/** A route may have several: one that works says nothing about another. */
function receiverOf(routeId: string, host: string): string {
  return `${routeId} ${host}`;
}

async function routeOf(tx: SqlTx, runId: string): Promise<{ routeId: string; route: string }> {
  const [run] = await tx.$queryRaw<{ routeId: string; route: string }[]>`
    SELECT route_id::text AS "routeId", route.name AS route
      FROM run JOIN transfer_route route ON route.id = run.route_id WHERE run.id = ${runId}::uuid`;
  return run!;
}
