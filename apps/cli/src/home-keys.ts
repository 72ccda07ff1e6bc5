import { randomBytes } from 'node:crypto';
import type { Config } from '#config';
import { API_PREFIX } from '#contract';
import type { Actor } from '#domain';
import {
  createApiKey,
  createUser,
  findUser,
  hasAdmin,
  listApiKeys,
  loadIdentityKeys,
  revokeApiKey,
} from '#identity';
import type { Store } from '#store';
import { readHomeKey } from './running-home.ts';

const START: Actor = { kind: 'system', name: 'start' };
const COMMANDS = /^local-commands-/;

/** The first admin with his one-time password, shown once and kept nowhere; undefined when there is an admin. */
export async function makeFirstAdmin(
  store: Store,
  config: Config,
): Promise<{ name: string; password: string } | undefined> {
  if (await hasAdmin(store.db)) return undefined;
  const name = (await findUser(store.db, 'admin')) ? `admin-${suffix()}` : 'admin';
  const keys = await loadIdentityKeys(config.home, store.db, config.keys);
  const { password } = await createUser(store, keys, { name, role: 'admin', partners: 'all' }, START);
  return { name, password };
}

/** The key of commands on this machine: that of the last start while it is good, otherwise a new one for it. */
export async function keepCommandsKey(store: Store, config: Config, url: string): Promise<string> {
  const kept = await readHomeKey(config.home);
  if (kept !== undefined && (await isGood(url, kept))) return kept;
  for (const { name, revokedAt } of await listApiKeys(store.db)) {
    if (revokedAt === null && COMMANDS.test(name)) await revokeApiKey(store, name, START);
  }
  const name = `local-commands-${suffix()}`;
  const keys = await loadIdentityKeys(config.home, store.db, config.keys);
  const { key } = await createApiKey(store, keys, { name, role: 'operator', actor: START });
  return key;
}

async function isGood(url: string, key: string): Promise<boolean> {
  const response = await fetch(`${url}${API_PREFIX}/me`, {
    headers: { authorization: `Bearer ${key}` },
  });
  await response.arrayBuffer();
  return response.ok;
}

function suffix(): string {
  return randomBytes(3).toString('hex');
}
