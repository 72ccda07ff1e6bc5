import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import {
  bindMigrationAwareSqlAdapterFactory,
  ColumnTypeEnum,
  type SqlDriverAdapter,
} from '@prisma/driver-adapter-utils';
import { SchemaEngine } from '@prisma/schema-engine-wasm';
import pg from 'pg';
import { packageRoot } from '#config';

/** PostgreSQL's internal one-byte type `"char"`. */
const CATALOG_CHAR = 18;
const TEXT = 25;

/**
 * SQL that makes the database at `url` what `prisma/schema.prisma` says; empty when they agree.
 * Whatever Prisma cannot say (checks, partial indexes, triggers, grants) is no difference to it.
 */
export async function schemaDifference(url: string): Promise<string> {
  const path = join(packageRoot(), 'prisma/schema.prisma');
  const files = [{ path, content: await readFile(path, 'utf8') }];
  const pool = new pg.Pool({ connectionString: url, max: 2 });
  try {
    const engine = await SchemaEngine.new(
      { datamodels: undefined },
      () => undefined,
      bindMigrationAwareSqlAdapterFactory(new CatalogReader(pool)),
    );
    const { stdout } = await engine.diff({
      from: { tag: 'schemaDatasource', files, configDir: packageRoot() },
      to: { tag: 'schemaDatamodel', files },
      script: true,
      exitCode: null,
      filters: { externalTables: ['public._prisma_migrations'], externalEnums: [] },
    });
    return (stdout ?? '').replace('-- This is an empty migration.', '').trim();
  } finally {
    await pool.end();
  }
}

/**
 * The adapter of Prisma 7.10 refuses columns of type `"char"`, which the engine reads from the catalog as characters.
 * The server's answer is passed to the adapter as text, and on to the engine as what it was.
 */
class CatalogReader extends PrismaPg {
  readonly #charColumns = new Map<string, number[]>();

  constructor(pool: pg.Pool) {
    super(pool);
    const query = pool.query.bind(pool) as (
      request: pg.QueryArrayConfig,
      values?: unknown[],
    ) => Promise<pg.QueryArrayResult>;
    Object.assign(pool, {
      query: async (request: pg.QueryArrayConfig, values?: unknown[]) => {
        const result = await query(request, values);
        const chars = result.fields.filter((field) => field.dataTypeID === CATALOG_CHAR);
        this.#charColumns.set(
          request.text,
          chars.map((field) => result.fields.indexOf(field)),
        );
        for (const field of chars) field.dataTypeID = TEXT;
        return result;
      },
    });
  }

  override async connect() {
    const adapter = await super.connect();
    const queryRaw = adapter.queryRaw.bind(adapter);
    const corrected: Pick<SqlDriverAdapter, 'queryRaw'> = {
      queryRaw: async (query) => {
        const result = await queryRaw(query);
        for (const index of this.#charColumns.get(query.sql) ?? [])
          result.columnTypes[index] = ColumnTypeEnum.Character;
        return result;
      },
    };
    return Object.assign(adapter, corrected);
  }
}
