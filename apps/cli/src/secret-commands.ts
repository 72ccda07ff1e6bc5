import type { Command } from 'commander';
import type { Terminal } from './terminal.ts';

export function addSecrets(program: Command, terminal: Terminal): void {
  const secret = program.command('secret').description('secrets of partners, and the keys that seal them');
  secret
    .command('set')
    .description('stores a secret read from standard input, sealed')
    .argument('<name>')
    .option('--partner <name>', 'only endpoints of this partner may refer to it')
    .option('--any-partner', 'endpoints of every partner may; without either, as it was')
    .action(async (name, options) => {
      const { setSecret } = await import('./commands/secrets.ts');
      await setSecret(terminal, name, options);
    });
  secret
    .command('assign')
    .description('says whose a secret is; its value stays as it is')
    .argument('<name>')
    .option('--partner <name>', 'only endpoints of this partner may refer to it')
    .option('--any-partner', 'endpoints of every partner may')
    .action(async (name, options) => {
      const { assignSecret } = await import('./commands/secrets.ts');
      await assignSecret(terminal, name, options);
    });
  secret
    .command('list')
    .description('names, versions and ages; never a value')
    .action(async (options) => {
      const { showSecrets } = await import('./commands/secrets.ts');
      await showSecrets(terminal, options);
    });
  secret
    .command('delete')
    .description('deletes a secret that no endpoint refers to')
    .argument('<name>')
    .action(async (name, options) => {
      const { deleteSecret } = await import('./commands/secrets.ts');
      await deleteSecret(terminal, name, options);
    });
  secret
    .command('rotate')
    .description('a new key for what is sealed from now on; what was sealed before stays readable')
    .action(async (options) => {
      const { rotateSecretKeys } = await import('./commands/secrets.ts');
      await rotateSecretKeys(terminal, options);
    });
  secret
    .command('rewrap')
    .description('seals every secret to the newest key, and ends the older ones')
    .action(async (options) => {
      const { rewrapSecretKeys } = await import('./commands/secrets.ts');
      await rewrapSecretKeys(terminal, options);
    });
  secret
    .command('keys')
    .description('the keys, and how many secrets are sealed to each')
    .action(async (options) => {
      const { showSealingKeys } = await import('./commands/secrets.ts');
      await showSealingKeys(terminal, options);
    });
}
