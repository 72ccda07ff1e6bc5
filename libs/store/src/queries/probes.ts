import type { CapabilityProfile, Finding, ProbeState } from '#domain';
import { Prisma, type Probe as Row } from '../generated/client.ts';
import type { Tx } from '../open-store.ts';
import { asJson, claimOldest, demandTurn, ended, type Taker } from './asked-work.ts';
import { isUuid } from './page.ts';
import { type RecordedError, recordedError } from './recorded-error.ts';
import { probeIsWithin, resolveScope, type Scope } from './scope.ts';

/** One examination of an endpoint, asked for, under way or over. */
export interface ProbeRecord {
  id: string;
  endpoint: string;
  requestedBy: string;
  folder: string | null;
  workerTag: string | null;
  state: ProbeState;
  findings: Finding[];
  profile: CapabilityProfile | null;
  /** Why there was no examination, or no end of it. */
  error: RecordedError | null;
  createdAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
}

export interface ProbeRequest {
  endpoint: string;
  requestedBy: string;
  folder: string | null;
  /** Only workers that carry it can do it. */
  workerTag?: string | null | undefined;
}

/** Between two requests for one endpoint. */
const PAUSE_MS = 10_000;

/** Throws WorkUnderWay or AskedTooSoon. The caller appends the audit event in the same transaction. */
export async function requestProbe(tx: Tx, request: ProbeRequest): Promise<ProbeRecord> {
  await demandTurn(tx, 'probe', request.endpoint, PAUSE_MS);
  return record(await tx.probe.create({ data: { ...request, workerTag: request.workerTag ?? null } }));
}

/** Takes the oldest probe that waits; nobody else gets it. */
export async function claimProbe(tx: Tx, taker: Taker, leaseMs: number): Promise<ProbeRecord | undefined> {
  const id = await claimOldest(tx, 'probe', taker, leaseMs);
  return id === undefined ? undefined : record(await tx.probe.findUniqueOrThrow({ where: { id } }));
}

/** What is known so far, and a lease for so much longer. False when the probe is not this worker's any more. */
export async function keepProbe(
  tx: Tx,
  id: string,
  worker: string,
  findings: readonly Finding[],
  leaseMs: number,
): Promise<boolean> {
  const kept = await tx.$executeRaw`
    UPDATE probe SET findings = ${JSON.stringify(findings)}::jsonb,
           lease_until = clock_timestamp() + ${leaseMs}::float8 * interval '1 millisecond'
     WHERE id = ${id}::uuid AND state = 'running' AND lease_owner = ${worker}`;
  return kept === 1;
}

export interface ProbeEnd {
  findings: readonly Finding[];
  profile: CapabilityProfile | null;
  /** Present: the probe failed. */
  error?: { code: string; detail: string | undefined } | undefined;
}

/** False when the probe is not this worker's any more. */
export async function finishProbe(tx: Tx, id: string, worker: string, end: ProbeEnd): Promise<boolean> {
  const { findings, profile, error } = end;
  const finished = await tx.probe.updateMany({
    where: { id, state: 'running', leaseOwner: worker },
    data: {
      ...ended(error),
      findings: asJson(findings),
      ...(profile && { profile: asJson(profile) }),
    },
  });
  return finished.count === 1;
}

export async function findProbe(db: Tx, scope: Scope, id: string): Promise<ProbeRecord | null> {
  return isUuid(id) ? find(db, scope, Prisma.sql`probe.id = ${id}::uuid`) : null;
}

/** The latest one, whatever its state. */
export async function findLastProbe(db: Tx, scope: Scope, endpoint: string): Promise<ProbeRecord | null> {
  return find(db, scope, Prisma.sql`probe.endpoint = ${endpoint}`);
}

async function find(db: Tx, scope: Scope, which: Prisma.Sql): Promise<ProbeRecord | null> {
  const within = probeIsWithin(await resolveScope(db, scope));
  const [found] = await db.$queryRaw<{ id: string }[]>`
    SELECT probe.id::text AS id FROM probe WHERE ${which} AND ${within} ORDER BY probe.created_at DESC LIMIT 1`;
  return found ? record(await db.probe.findUniqueOrThrow({ where: { id: found.id } })) : null;
}

/** What the doctor last saw that the endpoint can do; null where it never got in. */
export async function latestProfile(db: Tx, endpoint: string): Promise<CapabilityProfile | null> {
  const rows = await db.$queryRaw<{ profile: CapabilityProfile }[]>`
    SELECT profile FROM probe WHERE endpoint = ${endpoint} AND state = 'done' AND profile IS NOT NULL
     ORDER BY created_at DESC LIMIT 1`;
  return rows[0]?.profile ?? null;
}

function record(row: Row): ProbeRecord {
  return {
    id: row.id,
    endpoint: row.endpoint,
    requestedBy: row.requestedBy,
    folder: row.folder,
    workerTag: row.workerTag,
    state: row.state as ProbeState,
    findings: row.findings as unknown as Finding[],
    profile: row.profile as unknown as CapabilityProfile | null,
    error: recordedError({ ...row, errorPhase: null }),
    createdAt: row.createdAt,
    startedAt: row.startedAt,
    finishedAt: row.finishedAt,
  };
}
