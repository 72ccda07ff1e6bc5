import { randomBytes } from 'node:crypto';
import { recordEvent } from '#audit';
import type { Role } from '#contract';
import type { Actor } from '#domain';
import {
  type ApiKeyRecord,
  findApiKey,
  findPersonsBehindKeys,
  insertApiKey,
  listApiKeys as listKeyRecords,
  revokeApiKey as revokeKeyRecord,
  type Store,
  type Tx,
  touchApiKey,
} from '#store';
import { assertKnown } from './assert-known.ts';
import { knownRole, namesOf, type Reach, reachOf } from './identity.ts';
import type { Bytes, IdentityKeys } from './identity-keys.ts';
import { IdentityRefused } from './identity-refused.ts';
import { commonRights, type Rights } from './rights.ts';
import type { FoundIdentity } from './sessions.ts';

const FORM = /^wbk_[A-Za-z0-9_-]{43}$/;
const KEY_BYTES = 32;
const NOTED_EVERY_MS = 60_000;

/** undefined for everything but a live key. It does no more than the person behind it may now. */
export async function findByKey(
  store: Store,
  keys: IdentityKeys,
  key: string,
): Promise<FoundIdentity | undefined> {
  if (!FORM.test(key)) return undefined;
  const row = await findApiKey(store.db, keys.digestKey(key));
  const own = row && rightsOf(row);
  const makers = row?.maker && rightsOf(row.maker);
  if (!own || (row.maker && !makers)) return undefined;
  const { id, name, routes, lastUsedAt } = row;
  const stale = lastUsedAt === null || Date.now() - lastUsedAt.getTime() > NOTED_EVERY_MS;
  return {
    identity: {
      name,
      ...(makers ? commonRights(own, makers) : own),
      actor: { kind: 'api_key', name },
      routes: reachOf(routes),
    },
    noteUse: stale ? () => touchApiKey(store.db, id) : undefined,
  };
}

function rightsOf({ role, partners }: { role: string; partners: string[] }): Rights | undefined {
  const known = knownRole(role);
  return known && { role: known, partners: reachOf(partners) };
}

export interface ApiKeyRequest {
  name: string;
  role: Role;
  partners?: Reach | undefined;
  routes?: Reach | undefined;
  expiresAt?: Date | undefined;
  /** Who makes it. */
  actor: Actor;
}

/**
 * The key is returned this once and kept nowhere.
 * @throws IdentityRefused `name_taken`, `unknown_name`
 */
export async function createApiKey(
  store: Store,
  keys: IdentityKeys,
  request: ApiKeyRequest,
): Promise<{ entry: ApiKeyEntry; key: string }> {
  const { key, digest } = drawApiKey(keys);
  const entry = await store.transaction((tx) => createApiKeyIn(tx, request, digest));
  return { entry, key };
}

/** A new key, and what may be kept of it. It opens nothing until `createApiKeyIn` has taken it up. */
export function drawApiKey(keys: IdentityKeys): { key: string; digest: Bytes } {
  const key = `wbk_${randomBytes(KEY_BYTES).toString('base64url')}`;
  return { key, digest: new Uint8Array(keys.digestKey(key)) };
}

/** As a part of something larger. @throws IdentityRefused `name_taken`, `unknown_name` */
export async function createApiKeyIn(
  tx: Tx,
  { name, role, actor, expiresAt, partners = 'all', routes = 'all' }: ApiKeyRequest,
  digest: Bytes,
): Promise<ApiKeyEntry> {
  await assertKnown(tx, 'partners', partners);
  await assertKnown(tx, 'routes', routes);
  const row = await insertApiKey(tx, {
    name,
    role,
    digest,
    partners: namesOf(partners),
    routes: namesOf(routes),
    createdBy: actor.name,
    createdByKind: actor.kind,
    expiresAt,
  });
  if (!row) throw nameTaken(name);
  await recordEvent(tx, {
    actor,
    action: 'api_key.created',
    object: 'api_key',
    objectId: row.id,
    details: { name, role, partners, routes, expiresAt: expiresAt ?? null },
  });
  return (await entriesOf(tx, [row]))[0]!;
}

/** Whether such a key could be made, so that nobody is asked about one that cannot. @throws as `createApiKeyIn` */
export async function assertKeyPossible(
  tx: Tx,
  { name, partners = 'all', routes = 'all' }: ApiKeyRequest,
): Promise<void> {
  await assertKnown(tx, 'partners', partners);
  await assertKnown(tx, 'routes', routes);
  if ((await tx.apiKey.count({ where: { name } })) > 0) throw nameTaken(name);
}

function nameTaken(name: string): IdentityRefused {
  return new IdentityRefused(
    'name_taken',
    `An API key named "${name}" exists or existed. Choose another name.`,
    { field: 'name' },
  );
}

/** Effective with the next request. false when there is no live key of this name. */
export async function revokeApiKey(store: Store, name: string, actor: Actor): Promise<boolean> {
  return store.transaction(async (tx) => {
    if (!(await revokeKeyRecord(tx, name))) return false;
    const { id } = await tx.apiKey.findUniqueOrThrow({ where: { name }, select: { id: true } });
    await recordEvent(tx, {
      actor,
      action: 'api_key.revoked',
      object: 'api_key',
      objectId: id,
      details: { name },
    });
    return true;
  });
}

export type ApiKeyEntry = Omit<ApiKeyRecord, 'id' | 'partners' | 'routes' | 'createdByKind'> & {
  partners: Reach;
  routes: Reach;
  /** Who stands behind it: the person at its beginning, however many keys lie between; null: nobody knows. */
  person: string | null;
  /** He is disabled, or a key that it comes from is revoked: it opens nothing. */
  stopped: boolean;
};

/** By name, the revoked ones too. */
export async function listApiKeys(
  db: Tx,
  page: { take?: number; after?: string | undefined } = {},
): Promise<ApiKeyEntry[]> {
  return entriesOf(db, await listKeyRecords(db, page));
}

async function entriesOf(db: Tx, records: readonly ApiKeyRecord[]): Promise<ApiKeyEntry[]> {
  const persons = await findPersonsBehindKeys(
    db,
    records.map(({ name }) => name),
  );
  return records.map(({ id: _, createdByKind: __, ...row }) => ({
    ...row,
    partners: reachOf(row.partners),
    routes: reachOf(row.routes),
    person: persons.get(row.name)?.person ?? null,
    stopped: persons.get(row.name)?.stopped ?? false,
  }));
}
