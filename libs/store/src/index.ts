export {
  applyConfiguration,
  canonicalJson,
  deleteConfigured,
  type FirstFire,
  findRecord,
  findReferrer,
  type Referrer,
  readConfiguration,
  type StoredConfiguration,
} from './configuration.ts';
export { type EmbeddedUrls, ROLES, readEmbeddedUrls } from './embedded-access.ts';
export {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from './embedded-postgres.ts';
export { ChangedMigration, migrate, NewerDatabase } from './migrate.ts';
export {
  databaseClock,
  openStore,
  readServerVersion,
  type Store,
  type StoreOptions,
  type Tx,
  UnsafeRole,
} from './open-store.ts';
export { UnusableHome } from './postgres-place.ts';
export { HomeInUse } from './process-lock.ts';
export * from './queries/index.ts';
export { type Sql, type SqlTx, sql } from './sql-transactions.ts';
export { StatementTooLong, StoreUnavailable, WriteConflict } from './store-adapter.ts';
export type { StillAlone } from './work-alone.ts';
