import { type ApiKeyEntry, createApiKey, listApiKeys, type Reach, revokeApiKey } from '#identity';
import { UsageError } from '../failures.ts';
import { assertName, readReach, readRole, withIdentities } from '../identity-options.ts';
import { localActor } from '../local-actor.ts';
import { type Terminal, table } from '../terminal.ts';

export interface NewKeyOptions {
  role: string;
  partner?: string[];
  route?: string[];
  expires?: string;
  json?: boolean;
}

/** The key is printed this once; of what is kept nobody can make it again. */
export async function createKey(terminal: Terminal, name: string, options: NewKeyOptions): Promise<void> {
  assertName('key', name);
  const wanted = {
    name,
    role: readRole(options.role),
    partners: readReach(options.partner),
    routes: readReach(options.route),
    actor: localActor(),
    ...(options.expires !== undefined && { expiresAt: new Date(options.expires) }),
  };
  const { key } = await withIdentities((store, keys) => createApiKey(store, keys, wanted));
  if (options.json) terminal.json({ name, key });
  else terminal.line(key);
}

export async function listKeys(terminal: Terminal, options: { json?: boolean }): Promise<void> {
  const keys = await withIdentities((store) => listApiKeys(store.db));
  if (options.json) {
    terminal.json(keys);
    return;
  }
  if (keys.length === 0) terminal.note('no keys');
  const rows = keys.map((key) => [
    key.name,
    key.role,
    showReach(key.partners),
    showReach(key.routes),
    key.lastUsedAt?.toISOString() ?? 'never',
    stateOf(key),
  ]);
  if (rows.length > 0)
    for (const line of table(['NAME', 'ROLE', 'PARTNERS', 'ROUTES', 'LAST USED', 'STATE'], rows))
      terminal.line(line);
}

export async function revokeKey(
  terminal: Terminal,
  name: string,
  options: { json?: boolean },
): Promise<void> {
  const revoked = await withIdentities((store) => revokeApiKey(store, name, localActor()));
  if (!revoked) throw new UsageError(`there is no live key "${name}"; \`waybill key list\` shows them`);
  if (options.json) terminal.json({ name, revoked });
  else terminal.line(`key ${name} revoked; it is refused from the next request on`);
}

export function showReach(reach: Reach): string {
  return reach === 'all' ? 'all' : reach.join(',');
}

function stateOf({ revokedAt, expiresAt, stopped }: ApiKeyEntry): string {
  if (revokedAt) return `revoked ${revokedAt.toISOString()}`;
  if (stopped) return 'stopped: who made it is disabled or revoked';
  if (!expiresAt) return 'live';
  return `${expiresAt <= new Date() ? 'expired' : 'live until'} ${expiresAt.toISOString()}`;
}
