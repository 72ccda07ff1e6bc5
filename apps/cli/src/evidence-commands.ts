import type { Command } from 'commander';
import type { CommandParts } from './intervention-commands.ts';

/** The commands of those who ask what happened. */
export function addEvidence(program: Command, { terminal, api, instant }: CommandParts): void {
  program
    .command('audit')
    .description('who did what, when')
    .command('export')
    .description('writes the audit events of a time, oldest first, one JSON object a line')
    .option('--from <instant>', 'recorded at this instant (ISO 8601) or later', instant)
    .option('--to <instant>', 'recorded before this instant (ISO 8601)', instant)
    .option('-o, --output <file>', 'a new file, there only when it is whole')
    .action(async (options) => {
      const { exportAudit } = await import('./commands/audit.ts');
      await exportAudit(await api(), terminal, options);
    });
}
