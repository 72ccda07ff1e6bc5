import type { CapabilityProfile, Finding, ProbeState } from '#domain';
import { Prisma, type Probe as Row } from '../generated/client.ts';
import type { Tx } from '../open-store.ts';
import { isUuid } from './page.ts';
import { type RecordedError, recordedError } from './recorded-error.ts';
import { probeIsWithin, resolveScope, type Scope } from './scope.ts';

/** One examination of an endpoint, asked for, under way or over. */
export interface ProbeRecord {
  id: string;
  endpoint: string;
  requestedBy: string;
  folder: string | null;
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
}

/** A partner's server is examined by one at a time. */
export class ProbeUnderWay extends Error {
  constructor(endpoint: string, state: string) {
    const does = state === 'queued' ? 'waits for a worker' : 'is under way';
    super(`An examination of ${endpoint} ${does} already. Look at that one, or ask again when it is over.`);
    this.name = 'ProbeUnderWay';
  }
}

/** Partners count logins and connections. */
export class ProbeTooSoon extends Error {
  constructor(endpoint: string, waitMs: number) {
    const seconds = Math.max(1, Math.ceil(waitMs / 1000));
    super(
      `${endpoint} was examined a moment ago. Ask again in ${seconds} s, so that the partner does not take us for an attacker.`,
    );
    this.name = 'ProbeTooSoon';
  }
}

/** Between two requests for one endpoint. */
const PAUSE_MS = 10_000;

/** Throws ProbeUnderWay or ProbeTooSoon. The caller appends the audit event in the same transaction. */
export async function requestProbe(tx: Tx, request: ProbeRequest): Promise<ProbeRecord> {
  const { endpoint } = request;
  await tx.$queryRaw`SELECT pg_advisory_xact_lock(hashtext('probe'), hashtext(${endpoint}))::text`;
  await failAbandonedProbes(tx);
  const [last] = await tx.$queryRaw<{ state: string; age_ms: number }[]>`
    SELECT state, (extract(epoch FROM clock_timestamp() - created_at) * 1000)::float8 AS age_ms
      FROM probe WHERE endpoint = ${endpoint} ORDER BY created_at DESC LIMIT 1`;
  if (last && (last.state === 'queued' || last.state === 'running'))
    throw new ProbeUnderWay(endpoint, last.state);
  if (last && last.age_ms < PAUSE_MS) throw new ProbeTooSoon(endpoint, PAUSE_MS - last.age_ms);
  return record(await tx.probe.create({ data: request }));
}

/** Takes the oldest probe that waits; nobody else gets it. */
export async function claimProbe(tx: Tx, worker: string, leaseMs: number): Promise<ProbeRecord | undefined> {
  await failAbandonedProbes(tx);
  const rows = await tx.$queryRaw<{ id: string }[]>`
    UPDATE probe SET state = 'running', started_at = clock_timestamp(), lease_owner = ${worker},
           lease_until = clock_timestamp() + ${leaseMs}::float8 * interval '1 millisecond'
     WHERE id = (SELECT id FROM probe WHERE state = 'queued' ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING id::text`;
  const id = rows[0]?.id;
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
      state: error ? 'failed' : 'done',
      findings: asJson(findings),
      ...(profile && { profile: asJson(profile) }),
      errorCode: error?.code ?? null,
      errorDetail: error?.detail ?? null,
      leaseOwner: null,
      leaseUntil: null,
      finishedAt: new Date(),
    },
  });
  return finished.count === 1;
}

/** Their worker died; what it found stays. */
async function failAbandonedProbes(tx: Tx): Promise<void> {
  await tx.$executeRaw`
    UPDATE probe SET state = 'failed', error_code = 'worker_lost', lease_owner = NULL, lease_until = NULL,
           finished_at = clock_timestamp()
     WHERE state = 'running' AND lease_until < clock_timestamp()`;
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
    state: row.state as ProbeState,
    findings: row.findings as unknown as Finding[],
    profile: row.profile as unknown as CapabilityProfile | null,
    error: recordedError({ ...row, errorPhase: null }),
    createdAt: row.createdAt,
    startedAt: row.startedAt,
    finishedAt: row.finishedAt,
  };
}

function asJson(value: object): Prisma.InputJsonValue {
  return JSON.parse(JSON.stringify(value)) as Prisma.InputJsonValue;
}
