import pg from 'pg';

export interface RouteRow {
  id: string;
  name: string;
  minimum: string;
  sourceEndpoint: string;
  sourceProtocol: string;
  destinationEndpoint: string;
  destinationProtocol: string;
}

export interface RunRow {
  id: string;
  routeId: string;
  state: string;
}

export interface TransferRow {
  id: string;
  runId: string;
  routeId: string;
  sourceEndpoint: string;
  sourcePath: string;
  sourceSizeBytes: string;
  sourceModified: string;
  generation: number;
  destinationPath: string;
  state: string;
  sizeBytes: string | null;
  sha256: string | null;
  assurance: string | null;
  fence: number;
  suppressedById: string | null;
  errorCode: string | null;
  createdAt: Date;
  deliveredAt: Date | null;
}

export interface AttemptRow {
  id: string;
  transferId: string;
  number: number;
  fence: number;
  outcome: string;
  sourceSessionId: string | null;
  destinationSessionId: string | null;
  sizeBytes: string | null;
  sha256: string | null;
}

export interface EventRow {
  id: string;
  at: Date;
  action: string;
  objectId: string;
  runId: string | null;
  transferId: string | null;
  details: Record<string, unknown>;
}

export interface NegotiationRow {
  attemptId: string | null;
  sessionId: string;
  endpoint: string;
  channel: string;
  verdict: string;
}

export interface IncidentRow {
  objectId: string;
  transferId: string | null;
}

export interface Tables {
  routes: RouteRow[];
  runs: RunRow[];
  transfers: TransferRow[];
  attempts: AttemptRow[];
  /** In the order in which they were written. */
  events: EventRow[];
  negotiations: NegotiationRow[];
  incidents: IncidentRow[];
}

/** All rows of the named routes, at one moment, by SQL of our own. */
export async function readTables(databaseUrl: string, routeNames: readonly string[]): Promise<Tables> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    options: '-c default_transaction_read_only=on',
  });
  await client.connect();
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const select = async <Row>(text: string, values: unknown[]): Promise<Row[]> =>
      (await client.query(text, values)).rows as Row[];
    const routes = await select<RouteRow>(
      `SELECT r.id::text, r.name, r.definition->'verify'->>'minimum' AS minimum,
              s.name AS "sourceEndpoint", s.protocol AS "sourceProtocol",
              d.name AS "destinationEndpoint", d.protocol AS "destinationProtocol"
         FROM transfer_route r
         JOIN endpoint s ON s.id = r.source_endpoint_id
         JOIN endpoint d ON d.id = r.destination_endpoint_id
        WHERE r.name = ANY($1)`,
      [routeNames],
    );
    const runs = await select<RunRow>(
      `SELECT id::text, route_id::text AS "routeId", state FROM run WHERE route_id::text = ANY($1)`,
      [routes.map((route) => route.id)],
    );
    const runIds = runs.map((run) => run.id);
    const transfers = await select<TransferRow>(
      `SELECT id::text, run_id::text AS "runId", route_id::text AS "routeId", source_endpoint AS "sourceEndpoint",
              source_path AS "sourcePath", source_size_bytes::text AS "sourceSizeBytes",
              source_modified AS "sourceModified", generation, destination_path AS "destinationPath", state,
              size_bytes::text AS "sizeBytes", sha256, assurance, fence, suppressed_by_id::text AS "suppressedById",
              error_code AS "errorCode", created_at AS "createdAt", delivered_at AS "deliveredAt"
         FROM transfer WHERE run_id::text = ANY($1) ORDER BY created_at, id`,
      [runIds],
    );
    const transferIds = transfers.map((transfer) => transfer.id);
    const attempts = await select<AttemptRow>(
      `SELECT id::text, transfer_id::text AS "transferId", number, fence, outcome,
              source_session_id::text AS "sourceSessionId", destination_session_id::text AS "destinationSessionId",
              size_bytes::text AS "sizeBytes", sha256
         FROM attempt WHERE transfer_id::text = ANY($1) ORDER BY transfer_id, number`,
      [transferIds],
    );
    const events = await select<EventRow>(
      `SELECT id::text, at, action, object_id AS "objectId", run_id::text AS "runId",
              transfer_id::text AS "transferId", details
         FROM audit_event WHERE run_id::text = ANY($1) OR transfer_id::text = ANY($2) ORDER BY audit_event.id`,
      [runIds, transferIds],
    );
    const negotiations = await select<NegotiationRow>(
      `SELECT attempt_id::text AS "attemptId", session_id::text AS "sessionId", endpoint, channel, verdict
         FROM tls_negotiation WHERE run_id::text = ANY($1)`,
      [runIds],
    );
    const incidents = await select<IncidentRow>(
      `SELECT object_id AS "objectId", transfer_id::text AS "transferId" FROM incident
        WHERE transfer_id::text = ANY($1) OR object_id = ANY($1)`,
      [transferIds],
    );
    return { routes, runs, transfers, attempts, events, negotiations, incidents };
  } finally {
    await client.end();
  }
}
