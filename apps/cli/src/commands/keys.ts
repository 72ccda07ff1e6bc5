import { ApiKeyExists, createApiKey, listApiKeys, revokeApiKey } from '#apps/api';
import { readConfig } from '#config';
import { ROLES, type Role } from '#contract';
import type { Store } from '#store';
import { createLogger } from '#telemetry';
import { UsageError } from '../failures.ts';
import { localActor } from '../local-actor.ts';
import { useDatabase } from '../open-parts.ts';
import { type Terminal, table } from '../terminal.ts';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/** The key is printed this once; of what is kept nobody can make it again. */
export async function createKey(
  terminal: Terminal,
  name: string,
  options: { role: string; json?: boolean },
): Promise<void> {
  if (!NAME.test(name)) throw new UsageError(`key ${name}: a name is letters, digits, dots and dashes`);
  const role = readRole(options.role);
  const config = readConfig();
  const made = await onDatabase(async (store) => {
    try {
      return await createApiKey(store, config.home, { name, role, actor: localActor() });
    } catch (error) {
      throw error instanceof ApiKeyExists ? new UsageError(error.message) : error;
    }
  });
  if (options.json) terminal.json({ name: made.name, key: made.key });
  else terminal.line(made.key);
}

export async function listKeys(terminal: Terminal, options: { json?: boolean }): Promise<void> {
  const keys = await onDatabase(listApiKeys);
  if (options.json) {
    terminal.json(keys);
    return;
  }
  if (keys.length === 0) terminal.note('no keys');
  const rows = keys.map((key) => [
    key.name,
    key.role,
    key.createdAt.toISOString(),
    key.revokedAt ? `revoked ${key.revokedAt.toISOString()}` : 'live',
  ]);
  if (rows.length > 0)
    for (const line of table(['NAME', 'ROLE', 'CREATED', 'STATE'], rows)) terminal.line(line);
}

export async function revokeKey(
  terminal: Terminal,
  name: string,
  options: { json?: boolean },
): Promise<void> {
  const revoked = await onDatabase((store) => revokeApiKey(store, name, localActor()));
  if (!revoked) throw new UsageError(`there is no live key "${name}"; \`waybill key list\` shows them`);
  if (options.json) terminal.json({ name, revoked });
  else terminal.line(`key ${name} revoked; it is refused from the next request on`);
}

function readRole(text: string): Role {
  const role = ROLES.find((known) => known === text);
  if (role) return role;
  throw new UsageError(`--role ${text}: must be one of ${ROLES.join(', ')}`);
}

function onDatabase<T>(act: (store: Store) => Promise<T>): Promise<T> {
  return useDatabase(readConfig(), createLogger({ level: 'warn', format: 'line' }), act);
}
