import pg from 'pg';
import type { Installation } from './installation.ts';

/** Past the product, as its owner could. */
async function withTables(
  { product }: Installation,
  work: (client: pg.Client) => Promise<void>,
): Promise<void> {
  const client = new pg.Client({ connectionString: product.database.superuserUrl });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

function query(installation: Installation, ...statements: string[]): Promise<void> {
  return withTables(installation, async (client) => {
    for (const statement of statements) await client.query(statement);
  });
}

/** Hours of a night that nobody waits for: scheduled runs of the routes of `playNight`, most of them as they should be. */
export async function addEarlierHours(installation: Installation, hours = 14): Promise<void> {
  await query(
    installation,
    `CREATE TEMP TABLE earlier AS
     SELECT gen_random_uuid() AS fire_id, gen_random_uuid() AS run_id, schedule.id AS schedule_id, route.*,
            source.name AS source, destination.name AS destination,
            date_trunc('hour', now()) - n * interval '30 minutes' - (n % 4) * interval '7 minutes' AS due_at,
            n, (n * 7 + length(route.name)) % 23 AS chance
       FROM transfer_route AS route
       JOIN schedule ON schedule.route_id = route.id
       JOIN endpoint AS source ON source.id = route.source_endpoint_id
       JOIN endpoint AS destination ON destination.id = route.destination_endpoint_id,
            generate_series(1, ${hours * 2}) AS n
      WHERE (n + length(route.name)) % 3 > 0`,
    `INSERT INTO fire (id, schedule_id, due_at, recorded_at, outcome)
     SELECT fire_id, schedule_id, due_at, due_at + interval '1 second', 'run' FROM earlier ON CONFLICT DO NOTHING`,
    `DELETE FROM earlier WHERE NOT EXISTS (SELECT FROM fire WHERE fire.id = fire_id)`,
    `INSERT INTO run (id, route_id, fire_id, trigger, requested_by, state, planned, error_code, error_phase, created_at, started_at, finished_at)
     SELECT run_id, id, fire_id, 'schedule', 'scheduler',
            CASE WHEN chance = 3 THEN 'failed' WHEN chance = 11 THEN 'partly_delivered' ELSE 'delivered' END, true,
            CASE WHEN chance = 3 THEN 'connect_timeout' END, CASE WHEN chance = 3 THEN 'connect' END,
            due_at, due_at + interval '1 second', due_at + (20 + chance * 31) * interval '1 second'
       FROM earlier`,
    `INSERT INTO transfer (run_id, route_id, source_endpoint, source_path, source_size_bytes, source_modified, destination_endpoint,
                           destination_path, state, size_bytes, sha256, assurance, attempt_count, error_code, error_phase,
                           created_at, started_at, delivered_at, finished_at)
     SELECT run_id, id, source, path, size, 'earlier', destination, path, state,
            CASE WHEN state = 'delivered' THEN size END,
            CASE WHEN state = 'delivered' THEN encode(sha256(path::bytea), 'hex') END,
            CASE WHEN state = 'delivered' THEN 'size' END, 1,
            CASE WHEN state = 'failed' THEN 'data_stalled' END, CASE WHEN state = 'failed' THEN 'stream' END,
            due_at, due_at + interval '2 seconds',
            CASE WHEN state = 'delivered' THEN due_at + (4 + number * 3) * interval '1 second' END,
            due_at + (4 + number * 3) * interval '1 second'
       FROM (SELECT *, format('/%s-%s-%s.csv', name, to_char(due_at, 'YYYYMMDDHH24MI'), number) AS path,
                    1000 + (number * 7919 + n * 104729) % 900000 AS size,
                    CASE WHEN chance = 11 AND number = 1 THEN 'failed' ELSE 'delivered' END AS state
               FROM earlier, generate_series(1, 2 + n % 4) AS number WHERE chance <> 3) AS file`,
    // Four weeks in which one partner has left TLS 1.2 behind, and was once not who he should have been.
    `INSERT INTO tls_negotiation (id, run_id, endpoint_id, endpoint, session_id, channel, command, mode, protocol, cipher, resumed,
                                  peer_certificates, name_check, pin_check, chain_check, verdict, error, started_at, handshake_ms)
     SELECT gen_random_uuid(),
            (SELECT run.id FROM run JOIN transfer_route AS route ON route.id = run.route_id
              WHERE endpoint.id IN (route.source_endpoint_id, route.destination_endpoint_id) LIMIT 1),
            id, name, gen_random_uuid(), CASE WHEN n % 3 = 0 THEN 'control' ELSE 'data' END,
            CASE WHEN n % 3 = 0 THEN 'AUTH TLS' ELSE 'RETR' END, mode,
            CASE WHEN refused THEN NULL WHEN old THEN 'TLSv1.2' ELSE 'TLSv1.3' END,
            CASE WHEN refused THEN NULL WHEN old THEN 'ECDHE-ECDSA-AES256-GCM-SHA384' ELSE 'TLS_AES_256_GCM_SHA384' END,
            n % 3 > 0, '[]', CASE WHEN refused THEN 'failed' ELSE 'passed' END, 'not_applicable', 'passed',
            CASE WHEN refused THEN 'refused' ELSE 'accepted' END, CASE WHEN refused THEN 'tls_name_mismatch' END,
            now() - day * interval '1 day' - n * interval '7 minutes', 2 + n % 9
       FROM endpoint, generate_series(1, 27) AS day, generate_series(1, 12) AS n,
            LATERAL (SELECT name LIKE 'borealis%' AND day > 9 AND n % 4 > 0 AS old, name LIKE 'cargo%' AND day = 6 AND n < 5 AS refused) AS fact
      WHERE protocol = 'ftps' AND n <= 4 + (day * 5 + length(name)) % 9`,
    'ANALYZE run, transfer, fire, tls_negotiation',
  );
}

/** Delivered files by the hundred thousand, in runs of a thousand, the last one a second ago. */
export async function addManyTransfers(
  installation: Installation,
  route: string,
  count: number,
): Promise<void> {
  await query(
    installation,
    `WITH made AS (
       INSERT INTO run (route_id, trigger, requested_by, state, planned, created_at, started_at, finished_at)
       SELECT route.id, 'operator', 'long ago', 'delivered', true, at, at, at + interval '1 minute'
         FROM transfer_route AS route, generate_series(1, ${Math.ceil(count / 1_000)}) AS n,
              LATERAL (SELECT now() - n * interval '10 minutes' AS at) AS moment WHERE route.name = '${route}'
       RETURNING id, route_id, created_at)
     INSERT INTO transfer (run_id, route_id, source_endpoint, source_path, source_size_bytes, source_modified, destination_endpoint,
                           destination_path, state, size_bytes, sha256, assurance, attempt_count, created_at, started_at,
                           delivered_at, finished_at)
     SELECT id, route_id, 'acme-ftps', path, 1000 + n, 'long ago' || id, 'depot', path, 'delivered', 1000 + n,
            encode(sha256((path || id)::bytea), 'hex'), 'size', 1, at, at, at, at
       FROM made, generate_series(1, ${Math.min(count, 1_000)}) AS n,
            LATERAL (SELECT format('/out/file-%s.csv', n) AS path, created_at + n * interval '1 ms' AS at) AS file`,
    'VACUUM ANALYZE transfer',
    'ANALYZE run',
  );
}

/** Names that our own adapters would refuse to move: what is on record all the same has to be shown unharmed. */
export async function renameTransfers(
  installation: Installation,
  ids: readonly string[],
  paths: readonly string[],
): Promise<void> {
  await withTables(installation, async (client) => {
    for (const [index, id] of ids.entries())
      await client.query('UPDATE transfer SET source_path = $1, destination_path = $1 WHERE id = $2', [
        paths[index],
        id,
      ]);
  });
}
