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
      await exportAudit(terminal, options);
    });
  program
    .command('posture')
    .description(
      "versions, ciphers and certificates of partners' servers, and what a stricter policy would break",
    )
    .option('--endpoint <name>')
    .option('--partner <name>')
    .option('--from <instant>', 'of connections since this instant (ISO 8601); default: 30 days', instant)
    .option('--to <instant>', 'of connections before this instant (ISO 8601)', instant)
    .action(async (options) => {
      const { showPosture } = await import('./commands/posture.ts');
      await showPosture(await api(), terminal, options);
    });
}
