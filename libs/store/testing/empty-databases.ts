import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import pg from 'pg';
import { startEmbeddedPostgres } from '../src/index.ts';
import { makeHome } from './template.ts';

export interface EmptyDatabases {
  /** A new database without tables; its owner's connection. */
  create(): Promise<string>;
  stop(): Promise<void>;
}

/** One server for specs that migrate. */
export async function startEmptyDatabases(): Promise<EmptyDatabases> {
  const home = await makeHome();
  const server = await startEmbeddedPostgres({ home, unsafeForTests: true });
  return {
    async create() {
      const name = `spec_${randomUUID().replaceAll('-', '')}`;
      const client = new pg.Client({ connectionString: server.superuserUrl });
      await client.connect();
      await client.query(`CREATE DATABASE ${name} OWNER waybill_owner`);
      await client.end();
      const url = new URL(server.ownerUrl);
      url.pathname = `/${name}`;
      return url.href;
    },
    async stop() {
      await server.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}
