import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';
import { recordEvent } from '#audit';
import { ROLES, type Role } from '#contract';
import type { Actor } from '#domain';
import type { Identity } from '#identity';
import { loadOrCreateKey } from '#secrets';
import type { Store } from '#store';

const FORM = /^wbk_[A-Za-z0-9_-]{43}$/;
const KEY_BYTES = 32;

/** Turns keys into what the database keeps. Its own key lies beside the database: a dump alone tests no guesses. */
export type KeyDigest = (key: string) => Buffer<ArrayBuffer>;

/** `<home>/api.key`, 0600, made on first use. */
export async function loadKeyDigest(home: string): Promise<KeyDigest> {
  const secret = await loadOrCreateKey(join(home, 'api.key'));
  return (key) => Buffer.from(createHmac('sha256', secret).update(key).digest());
}

/** undefined for everything but a live key. */
export async function findIdentity(
  store: Store,
  digest: KeyDigest,
  key: string,
): Promise<Identity | undefined> {
  if (!FORM.test(key)) return undefined;
  const wanted = digest(key);
  const row = await store.db.apiKey.findUnique({ where: { digest: wanted } });
  if (!row || !timingSafeEqual(wanted, row.digest)) return undefined;
  const role = ROLES.find((known) => known === row.role);
  const expired = row.expiresAt !== null && row.expiresAt <= new Date();
  if (!role || row.revokedAt !== null || expired) return undefined;
  return {
    name: row.name,
    role,
    actor: { kind: 'api_key', name: row.name },
    partners: 'all',
    routes: 'all',
  };
}

export interface ApiKeyRequest {
  name: string;
  role: Role;
  /** Who makes it. */
  actor: Actor;
  expiresAt?: Date | undefined;
}

/** A live key of this name exists; it has to be revoked first. */
export class ApiKeyExists extends Error {
  constructor(name: string) {
    super(`An API key named "${name}" exists. Choose another name.`);
    this.name = 'ApiKeyExists';
  }
}

/** Local administration: the key is returned this once and kept nowhere. @throws ApiKeyExists */
export async function createApiKey(
  store: Store,
  home: string,
  request: ApiKeyRequest,
): Promise<{ name: string; key: string }> {
  const digest = await loadKeyDigest(home);
  const key = `wbk_${randomBytes(KEY_BYTES).toString('base64url')}`;
  const { name, role, actor, expiresAt } = request;
  await store.transaction(async (tx) => {
    const made = await tx.apiKey.createManyAndReturn({
      data: [{ name, role, digest: digest(key), expiresAt: expiresAt ?? null }],
      skipDuplicates: true,
      select: { id: true },
    });
    const [row] = made;
    if (!row) throw new ApiKeyExists(name);
    await recordEvent(tx, {
      actor,
      action: 'api_key.created',
      object: 'api_key',
      objectId: row.id,
      details: { name, role, expiresAt: expiresAt ?? null },
    });
  });
  return { name, key };
}

/** Effective with the next request. false when there is no live key of this name. */
export async function revokeApiKey(store: Store, name: string, actor: Actor): Promise<boolean> {
  return store.transaction(async (tx) => {
    const rows = await tx.apiKey.updateManyAndReturn({
      where: { name, revokedAt: null },
      data: { revokedAt: new Date() },
      select: { id: true },
    });
    const [row] = rows;
    if (!row) return false;
    await recordEvent(tx, {
      actor,
      action: 'api_key.revoked',
      object: 'api_key',
      objectId: row.id,
      details: { name },
    });
    return true;
  });
}

export interface ApiKeyEntry {
  name: string;
  role: string;
  createdAt: Date;
  expiresAt: Date | null;
  revokedAt: Date | null;
}

export async function listApiKeys(store: Store): Promise<ApiKeyEntry[]> {
  return store.db.apiKey.findMany({
    select: { name: true, role: true, createdAt: true, expiresAt: true, revokedAt: true },
    orderBy: { name: 'asc' },
  });
}
