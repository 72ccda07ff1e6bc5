import { randomBytes } from 'node:crypto';
import { createApiKey, listApiKeys, revokeApiKey } from '#apps/api';
import type { Config } from '#config';
import { API_PREFIX } from '#contract';
import type { Actor } from '#domain';
import type { Store } from '#store';
import { readHomeKey } from './running-home.ts';

const START: Actor = { kind: 'system', name: 'start' };
const COMMANDS = /^local-commands-/;

/** The first admin's key, made when there is no live one yet; undefined later. It is shown once and kept nowhere. */
export async function makeFirstKey(store: Store, config: Config): Promise<string | undefined> {
  const known = await listApiKeys(store);
  if (known.some(({ role, revokedAt }) => role === 'admin' && revokedAt === null)) return undefined;
  const name = known.some((key) => key.name === 'admin') ? `admin-${suffix()}` : 'admin';
  const { key } = await createApiKey(store, config.home, { name, role: 'admin', actor: START });
  return key;
}

/** The key of commands on this machine: that of the last start while it is good, otherwise a new one for it. */
export async function keepCommandsKey(store: Store, config: Config, url: string): Promise<string> {
  const kept = await readHomeKey(config.home);
  if (kept !== undefined && (await isGood(url, kept))) return kept;
  for (const { name, revokedAt } of await listApiKeys(store)) {
    if (revokedAt === null && COMMANDS.test(name)) await revokeApiKey(store, name, START);
  }
  const name = `local-commands-${suffix()}`;
  const { key } = await createApiKey(store, config.home, { name, role: 'operator', actor: START });
  return key;
}

async function isGood(url: string, key: string): Promise<boolean> {
  const response = await fetch(`${url}${API_PREFIX}/runs?limit=1`, {
    headers: { authorization: `Bearer ${key}` },
  });
  await response.arrayBuffer();
  return response.ok;
}

function suffix(): string {
  return randomBytes(3).toString('hex');
}
