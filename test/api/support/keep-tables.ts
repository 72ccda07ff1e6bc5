import type { Witness } from './snapshot.ts';

export interface Keeper {
  restore(): Promise<void>;
}

/**
 * Copies every table aside but those that only grow (their triggers stop even a superuser), so that a test may do what it likes to them and start
 * again in a few milliseconds.
 */
export async function keepTables(witness: Witness): Promise<Keeper> {
  // What house-keeping may not delete while it is young is put back here within the second.
  const young = await witness.query<{ table: string; name: string }>(
    `SELECT tgrelid::regclass::text AS table, quote_ident(tgname) AS name FROM pg_trigger
      WHERE tgfoid = 'keep_while_young'::regproc`,
  );
  for (const { table, name } of young) await witness.query(`ALTER TABLE ${table} DISABLE TRIGGER ${name}`);
  const columns = await witness.query<{ name: string; columns: string }>(
    `SELECT quote_ident(t.tablename) AS name,
            string_agg(quote_ident(c.column_name), ',' ORDER BY c.ordinal_position) AS columns
       FROM pg_tables t JOIN information_schema.columns c
         ON c.table_schema = t.schemaname AND c.table_name = t.tablename AND c.is_generated = 'NEVER'
      WHERE t.schemaname = 'public' AND t.tablename NOT LIKE '\\_prisma%'
        AND NOT EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = t.tablename::regclass AND g.tgenabled = 'A')
      GROUP BY 1`,
  );
  await witness.query('CREATE SCHEMA kept');
  for (const { name } of columns) await witness.query(`CREATE TABLE kept.${name} AS TABLE public.${name}`);
  const back = columns.map(
    (table) => `DELETE FROM public.${table.name};
      INSERT INTO public.${table.name} (${table.columns}) OVERRIDING SYSTEM VALUE
      SELECT ${table.columns} FROM kept.${table.name};`,
  );
  // As a replica nothing is referred to and no trigger runs meanwhile.
  const text = `BEGIN; SET LOCAL session_replication_role = replica; ${back.join('\n')} COMMIT;`;
  return {
    async restore() {
      await witness.query(text).catch(async (error: unknown) => {
        await witness.query('ROLLBACK');
        throw error;
      });
    },
  };
}
