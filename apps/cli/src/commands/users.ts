import { changeUser, createUser, listApiKeys, listUsers, resetUser, type UserChange } from '#identity';
import { UsageError } from '../failures.ts';
import { assertName, readReach, readRole, withIdentities } from '../identity-options.ts';
import { localActor } from '../local-actor.ts';
import { type Terminal, table } from '../terminal.ts';
import { showReach } from './keys.ts';

interface Printing {
  json?: boolean;
}

/** The one-time password is printed this once, and nowhere else. */
export async function addUser(
  terminal: Terminal,
  name: string,
  options: Printing & { role: string; partner?: string[] },
): Promise<void> {
  assertName('user', name);
  const wanted = { name, role: readRole(options.role), partners: readReach(options.partner) };
  const { password } = await withIdentities((store, keys) => createUser(store, keys, wanted, localActor()));
  sayPassword(terminal, options, name, password);
}

export async function showUsers(terminal: Terminal, options: Printing): Promise<void> {
  const users = await withIdentities((store) => listUsers(store.db));
  if (options.json) {
    terminal.json(users);
    return;
  }
  if (users.length === 0) terminal.note('no users');
  const rows = users.map((user) => [
    user.name,
    user.role,
    showReach(user.partners),
    user.signsInWith === 'identity_provider' ? 'at the provider' : user.hasSecondFactor ? 'yes' : 'no',
    user.lastSignInAt?.toISOString() ?? 'never',
    user.disabled ? 'disabled' : user.passwordIsOneTime ? 'one-time password' : 'live',
  ]);
  if (rows.length > 0)
    for (const line of table(['NAME', 'ROLE', 'PARTNERS', '2ND FACTOR', 'LAST SIGN-IN', 'STATE'], rows))
      terminal.line(line);
}

export async function updateUser(
  terminal: Terminal,
  name: string,
  options: Printing & { role?: string; partner?: string[]; allPartners?: boolean },
): Promise<void> {
  if (options.allPartners && options.partner !== undefined)
    throw new UsageError('--partner and --all-partners exclude each other');
  const change: UserChange = {
    ...(options.role !== undefined && { role: readRole(options.role) }),
    ...((options.allPartners || options.partner !== undefined) && { partners: readReach(options.partner) }),
  };
  if (Object.keys(change).length === 0)
    throw new UsageError('nothing to change: give --role, --partner or --all-partners');
  await applyChange(terminal, name, change, options, 'changed, from the next request on');
}

/** Whoever runs programs with his keys should know before the night. */
export async function disableUser(terminal: Terminal, name: string, options: Printing): Promise<void> {
  await applyChange(terminal, name, { disabled: true }, options, 'disabled and signed out');
  const keys = (await withIdentities((store) => listApiKeys(store.db))).filter(
    ({ person, stopped, revokedAt }) => stopped && person === name && revokedAt === null,
  );
  if (keys.length > 0)
    terminal.note(
      `API keys that open nothing while ${name} is disabled: ${keys.map((key) => key.name).join(', ')}`,
    );
}

export function enableUser(terminal: Terminal, name: string, options: Printing): Promise<void> {
  return applyChange(terminal, name, { disabled: false }, options, 'enabled');
}

/** For who has lost password or authenticator. */
export async function resetPassword(
  terminal: Terminal,
  name: string,
  options: Printing & { removeSecondFactor?: boolean },
): Promise<void> {
  const made = await withIdentities((store, keys) =>
    resetUser(store, keys, name, {
      actor: localActor(),
      secondFactor: options.removeSecondFactor ? 'remove' : 'keep',
    }),
  );
  if (!made) throw unknown(name);
  sayPassword(terminal, options, name, made.password);
}

async function applyChange(
  terminal: Terminal,
  name: string,
  change: UserChange,
  { json }: Printing,
  said: string,
): Promise<void> {
  const user = await withIdentities((store) => changeUser(store, name, change, localActor()));
  if (!user) throw unknown(name);
  if (json) terminal.json(user);
  else terminal.line(`user ${name} ${said}`);
}

function sayPassword(terminal: Terminal, { json }: Printing, name: string, password: string): void {
  if (json) {
    terminal.json({ name, password });
    return;
  }
  terminal.line(password);
  terminal.note(`For one sign-in of ${name} within 72 hours; then another one has to be chosen.`);
}

function unknown(name: string): UsageError {
  return new UsageError(`there is no user "${name}"; \`waybill user list\` shows them`);
}
