import { type Config, readConfig } from '#config';
import { isName, ROLES, type Role } from '#contract';
import { type IdentityKeys, IdentityRefused, loadIdentityKeys, type Reach } from '#identity';
import type { Store } from '#store';
import { createLogger } from '#telemetry';
import { UsageError } from './failures.ts';
import { useDatabase } from './open-parts.ts';

/** Names given by repeated options; none given: all. */
export function readReach(names: readonly string[] | undefined): Reach {
  return names === undefined || names.length === 0 ? 'all' : names;
}

export function readRole(text: string): Role {
  const role = ROLES.find((known) => known === text);
  if (role) return role;
  throw new UsageError(`--role ${text}: must be one of ${ROLES.join(', ')}`);
}

export function assertName(what: string, name: string): void {
  if (!isName(name))
    throw new UsageError(`${what} ${name}: a name is 1 to 100 letters, digits, dots, dashes, underscores`);
}

/** Works on the home's database or on DATABASE_URL; what is refused is the caller's mistake. */
export async function withIdentities<T>(
  act: (store: Store, keys: IdentityKeys, config: Config) => Promise<T>,
): Promise<T> {
  const config = readConfig();
  try {
    return await useDatabase(config, createLogger({ level: 'warn', format: 'line' }), async (store) =>
      act(store, await loadIdentityKeys(config.home, store.db, config.keys), config),
    );
  } catch (error) {
    throw error instanceof IdentityRefused ? new UsageError(error.message) : error;
  }
}
