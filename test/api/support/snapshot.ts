import pg from 'pg';

/** What the database holds, as one line for each table: two of them are equal when no row differs. */
export type Snapshot = Readonly<Record<string, string>>;

export interface Witness {
  snapshot(): Promise<Snapshot>;
  /** Names what differs from `before`: `run: 2 rows … -> 3 rows …`. Empty when nothing does. */
  differences(before: Snapshot): Promise<string[]>;
  query<Row extends object>(text: string, values?: unknown[]): Promise<Row[]>;
  close(): Promise<void>;
}

/** When somebody was there last; asking is no effect. */
const NOT_STATE = ['last_used_at', 'last_seen_at'];
/** Guesses are counted: that a sign-in was refused is meant to leave this trace. */
const NOT_TABLES = ['sign_in_delay', '_prisma_migrations'];
/** What a refusal is recorded as, where it is. */
const REFUSALS = /refused|denied/;

/** Looks past the product, as the server's superuser: nothing in the tables is hidden from it. */
export async function openWitness(superuserUrl: string): Promise<Witness> {
  const client = new pg.Client({ connectionString: superuserUrl });
  client.on('error', () => undefined);
  await client.connect();
  const tables = await client.query<{ name: string }>(
    `SELECT quote_ident(tablename) AS name FROM pg_tables
      WHERE schemaname = 'public' AND tablename <> ALL ($1) ORDER BY 1`,
    [NOT_TABLES],
  );
  const parts = tables.rows.map(({ name }) => {
    const row = `to_jsonb(t) - ARRAY[${NOT_STATE.map((column) => `'${column}'`).join()}]`;
    const where = name === 'audit_event' ? `WHERE action !~ '${REFUSALS.source}'` : '';
    return `SELECT '${name}' AS name, count(*) || ' rows '
      || coalesce(md5(string_agg(md5((${row})::text), '' ORDER BY md5((${row})::text))), '') AS said
      FROM ${name} t ${where}`;
  });
  const text = parts.join(' UNION ALL ');
  /** Grows with every transaction that writes; reading takes none. Seldom does somebody else's work take one. */
  async function writes(): Promise<string> {
    const [row] = (
      await client.query<{ next: string }>('SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS next')
    ).rows;
    return row!.next;
  }
  let known: { writes: string; snapshot: Snapshot } | undefined;
  async function snapshot(): Promise<Snapshot> {
    const now = await writes();
    if (known?.writes === now) return known.snapshot;
    const { rows } = await client.query<{ name: string; said: string }>(text);
    known = { writes: now, snapshot: Object.fromEntries(rows.map(({ name, said }) => [name, said])) };
    return known.snapshot;
  }
  return {
    snapshot,
    async differences(before) {
      const after = await snapshot();
      return Object.keys({ ...before, ...after })
        .filter((name) => before[name] !== after[name])
        .map((name) => `${name}: ${before[name]} -> ${after[name]}`);
    },
    async query<Row extends object>(sql: string, values: unknown[] = []) {
      return (await (values.length > 0 ? client.query<Row>(sql, values) : client.query<Row>(sql))).rows;
    },
    close: () => client.end(),
  };
}
