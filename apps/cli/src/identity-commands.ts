import type { Command } from 'commander';
import type { Terminal } from './terminal.ts';

interface Parts {
  terminal: Terminal;
  collect(value: string, before?: string[]): string[];
  instant(text: string): string;
}

/** People and programs, administered on the machine itself: here the first admin comes from. */
export function addIdentities(program: Command, parts: Parts): void {
  addUsers(program, parts);
  addKeys(program, parts);
}

function addUsers(program: Command, { terminal, collect }: Parts): void {
  const user = program.command('user').description('people who sign in');
  user
    .command('create')
    .description('makes a user and prints a one-time password once')
    .argument('<name>')
    .requiredOption('--role <role>', 'viewer, operator, admin or auditor')
    .option('--partner <name>', 'only this partner; may be repeated', collect)
    .action(async (name, options) => {
      const { addUser } = await import('./commands/users.ts');
      await addUser(terminal, name, options);
    });
  user
    .command('list')
    .description('names, roles and last sign-in')
    .action(async (options) => {
      const { showUsers } = await import('./commands/users.ts');
      await showUsers(terminal, options);
    });
  user
    .command('update')
    .description('changes role or partners')
    .argument('<name>')
    .option('--role <role>', 'viewer, operator, admin or auditor')
    .option('--partner <name>', 'only this partner; may be repeated', collect)
    .option('--all-partners', 'every partner, also those to come')
    .action(async (name, options) => {
      const { updateUser } = await import('./commands/users.ts');
      await updateUser(terminal, name, options);
    });
  user
    .command('reset')
    .description('a new one-time password; all sessions end')
    .argument('<name>')
    .option('--remove-second-factor', 'for who has lost the authenticator as well')
    .action(async (name, options) => {
      const { resetPassword } = await import('./commands/users.ts');
      await resetPassword(terminal, name, options);
    });
  user
    .command('disable')
    .description('ends all sessions and lets the user sign in no more')
    .argument('<name>')
    .action(async (name, options) => {
      const { disableUser } = await import('./commands/users.ts');
      await disableUser(terminal, name, options);
    });
  user
    .command('enable')
    .description('lets a disabled user sign in again')
    .argument('<name>')
    .action(async (name, options) => {
      const { enableUser } = await import('./commands/users.ts');
      await enableUser(terminal, name, options);
    });
}

function addKeys(program: Command, { terminal, collect, instant }: Parts): void {
  const key = program.command('key').description('API keys of programs');
  key
    .command('create')
    .description('makes a key and prints it once')
    .argument('<name>')
    .requiredOption('--role <role>', 'viewer, operator, admin or auditor')
    .option('--partner <name>', 'only this partner; may be repeated', collect)
    .option('--route <name>', 'only this route; may be repeated', collect)
    .option('--expires <instant>', 'refused from this instant on (ISO 8601)', instant)
    .action(async (name, options) => {
      const { createKey } = await import('./commands/keys.ts');
      await createKey(terminal, name, options);
    });
  key
    .command('list')
    .description('names, roles and last use')
    .action(async (options) => {
      const { listKeys } = await import('./commands/keys.ts');
      await listKeys(terminal, options);
    });
  key
    .command('revoke')
    .description('ends a key at once')
    .argument('<name>')
    .action(async (name, options) => {
      const { revokeKey } = await import('./commands/keys.ts');
      await revokeKey(terminal, name, options);
    });
}
