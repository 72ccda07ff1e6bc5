import pg from 'pg';

/**
 * What somebody does who has a dump and a server of his own: every row of every table, and nothing that is not a row.
 * Both databases have the same migrations.
 */
export async function restoreDump(fromUrl: string, toUrl: string): Promise<string[]> {
  const [from, to] = [fromUrl, toUrl].map((connectionString) => new pg.Client({ connectionString }));
  await Promise.all([from!.connect(), to!.connect()]);
  try {
    const { rows: tables } = await from!.query<{ name: string; columns: string }>(
      `SELECT quote_ident(t.tablename) AS name,
              string_agg(quote_ident(c.column_name), ',' ORDER BY c.ordinal_position) AS columns
         FROM pg_tables t JOIN information_schema.columns c
           ON c.table_schema = t.schemaname AND c.table_name = t.tablename AND c.is_generated = 'NEVER'
        WHERE t.schemaname = 'public' AND t.tablename NOT LIKE '\\_prisma%' GROUP BY 1 ORDER BY 1`,
    );
    // As a replica: no reference and no trigger is in the way of the order.
    await to!.query('SET session_replication_role = replica');
    for (const { name, columns } of tables) {
      const { rows } = await from!.query<{ rows: string | null }>(
        `SELECT jsonb_agg(to_jsonb(t))::text AS rows FROM public.${name} t`,
      );
      await to!.query(`DELETE FROM public.${name}`);
      await to!.query(
        `INSERT INTO public.${name} (${columns}) OVERRIDING SYSTEM VALUE
         SELECT ${columns} FROM jsonb_populate_recordset(NULL::public.${name}, $1::jsonb)`,
        [rows[0]?.rows ?? '[]'],
      );
    }
    const { rows: sequences } = await from!.query<{ name: string; last: string }>(
      `SELECT format('%I.%I', schemaname, sequencename) AS name, last_value::text AS last
         FROM pg_sequences WHERE last_value IS NOT NULL AND schemaname = 'public'`,
    );
    for (const { name, last } of sequences) await to!.query('SELECT setval($1, $2)', [name, last]);
    return tables.map(({ name }) => name);
  } finally {
    await Promise.all([from!.end(), to!.end()]);
  }
}
