import { Prisma } from '../generated/client.ts';
import type { Tx } from '../open-store.ts';

/** What a person asks for and a worker does at an endpoint, under a lease. */
export type AskedWork = 'probe' | 'look';

/** What it is called where somebody has to wait. */
const WORDS: Readonly<Record<AskedWork, { one: string; was: string }>> = {
  probe: { one: 'An examination of', was: 'was examined' },
  look: { one: 'A look at', was: 'was looked at' },
};

const TABLES: Readonly<Record<AskedWork, Prisma.Sql>> = {
  probe: Prisma.sql`probe`,
  look: Prisma.sql`look`,
};

/** At one endpoint there is one at a time. */
export class WorkUnderWay extends Error {
  readonly kind: AskedWork;

  constructor(kind: AskedWork, endpoint: string, state: string) {
    const does = state === 'queued' ? 'waits for a worker' : 'is under way';
    super(`${WORDS[kind].one} ${endpoint} ${does} already. Look at that one, or ask again when it is over.`);
    this.name = 'WorkUnderWay';
    this.kind = kind;
  }
}

/** Partners count logins and connections. */
export class AskedTooSoon extends Error {
  readonly retryAfterS: number;

  constructor(kind: AskedWork, endpoint: string, waitMs: number) {
    const seconds = Math.max(1, Math.ceil(waitMs / 1000));
    super(
      `${endpoint} ${WORDS[kind].was} a moment ago. Ask again in ${seconds} s, so that the partner does not take us for an attacker.`,
    );
    this.name = 'AskedTooSoon';
    this.retryAfterS = seconds;
  }
}

/** Throws WorkUnderWay or AskedTooSoon; whoever asks at the same time waits for the end of this transaction. */
export async function demandTurn(tx: Tx, kind: AskedWork, endpoint: string, pauseMs: number): Promise<void> {
  await tx.$queryRaw`SELECT pg_advisory_xact_lock(hashtext(${kind}), hashtext(${endpoint}))::text`;
  await failAbandoned(tx, kind);
  const [last] = await tx.$queryRaw<{ state: string; age_ms: number }[]>`
    SELECT state, (extract(epoch FROM clock_timestamp() - created_at) * 1000)::float8 AS age_ms
      FROM ${TABLES[kind]} WHERE endpoint = ${endpoint} ORDER BY created_at DESC LIMIT 1`;
  if (last && (last.state === 'queued' || last.state === 'running'))
    throw new WorkUnderWay(kind, endpoint, last.state);
  if (last && last.age_ms < pauseMs) throw new AskedTooSoon(kind, endpoint, pauseMs - last.age_ms);
}

/** Whether there can be anything to take, or to give up: one statement, where a look for it in vain would be four. */
export async function isAsked(db: Tx, kind: AskedWork): Promise<boolean> {
  const [found] = await db.$queryRaw<{ asked: boolean }[]>`
    SELECT EXISTS (SELECT FROM ${TABLES[kind]} WHERE state IN ('queued', 'running')) AS asked`;
  return found?.asked ?? false;
}

/** Who takes something, and what he carries of what it may demand: one tag, or none. */
export interface Taker {
  worker: string;
  tags?: Iterable<string> | undefined;
}

/** Takes the oldest that waits for such a worker, and returns its id; nobody else gets it. */
export async function claimOldest(
  tx: Tx,
  kind: AskedWork,
  { worker, tags = [] }: Taker,
  leaseMs: number,
): Promise<string | undefined> {
  await failAbandoned(tx, kind);
  const rows = await tx.$queryRaw<{ id: string }[]>`
    UPDATE ${TABLES[kind]} SET state = 'running', started_at = clock_timestamp(), lease_owner = ${worker},
           lease_until = clock_timestamp() + ${leaseMs}::float8 * interval '1 millisecond'
     WHERE id = (SELECT id FROM ${TABLES[kind]}
                  WHERE state = 'queued' AND (worker_tag IS NULL OR worker_tag = ANY (${[...tags]}::text[]))
                  ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING id::text`;
  return rows[0]?.id;
}

/** Their worker died, and what it found stays; or nobody took them while somebody waited. */
async function failAbandoned(tx: Tx, kind: AskedWork): Promise<void> {
  await tx.$executeRaw`
    UPDATE ${TABLES[kind]} SET state = 'failed', error_code = 'worker_lost', lease_owner = NULL, lease_until = NULL,
           error_detail = CASE WHEN state = 'queued' THEN
             'No worker' || coalesce(' with the tag ' || worker_tag, '') || ' took it while somebody waited.' END,
           finished_at = clock_timestamp()
     WHERE (state = 'running' AND lease_until < clock_timestamp()) OR ${isForgotten(kind)}`;
}

/**
 * An examination may wait for a worker, though not for a tag that perhaps nobody carries: no other one would be let in. Whoever looks
 * at a folder while he writes a route has gone.
 */
function isForgotten(kind: AskedWork): Prisma.Sql {
  const patience =
    kind === 'look'
      ? Prisma.sql`interval '2 minutes'`
      : Prisma.sql`CASE WHEN worker_tag IS NOT NULL THEN interval '10 minutes' END`;
  return Prisma.sql`(state = 'queued' AND created_at < clock_timestamp() - ${patience})`;
}

/** How a row ends, whatever it was. */
export function ended(error: { code: string; detail: string | undefined } | undefined) {
  return {
    state: error ? 'failed' : 'done',
    errorCode: error?.code ?? null,
    errorDetail: error?.detail ?? null,
    leaseOwner: null,
    leaseUntil: null,
    finishedAt: new Date(),
  };
}

export function asJson(value: object): Prisma.InputJsonValue {
  return JSON.parse(JSON.stringify(value)) as Prisma.InputJsonValue;
}
