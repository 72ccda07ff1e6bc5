// npm run db:migration -- NAME: writes what prisma/schema.prisma has more than the migrations as the next migration.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '#config';
import { startTestDatabase } from '#store/testing';
import { schemaDifference } from './schema-difference.ts';

const name = process.argv[2] ?? '';
if (!/^[a-z][a-z0-9_]*$/.test(name)) {
  console.error('usage: npm run db:migration -- NAME      (small letters, digits, _)');
  process.exit(2);
}

const database = await startTestDatabase();
const sql = await schemaDifference(database.ownerUrl).finally(() => database.stop());
const stamp = new Date().toISOString().replace(/\D/g, '').slice(0, 14);
const folder = join(packageRoot(), 'prisma/migrations', `${stamp}_${name}`);
await mkdir(folder);
const empty =
  '-- The schema has nothing new; what Prisma cannot say (checks, triggers, grants) goes here by hand.';
await writeFile(join(folder, 'migration.sql'), `${sql || empty}\n`, { flag: 'wx' });
console.log(`${folder}/migration.sql`);
