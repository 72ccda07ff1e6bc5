import type { Command } from 'commander';
import type { CommandParts } from './intervention-commands.ts';

/**
 * What waits for a second person, where WAYBILL_FOUR_EYES=on. The home's own key is an operator's: it lists; who decides comes
 * with his own.
 */
export function addApprovals(program: Command, { terminal, api, wholeNumber }: CommandParts): void {
  const approvals = program.command('approvals').description('changes that wait for a second person');
  approvals
    .command('list', { isDefault: true })
    .description('lists them with all that they would change, newest first')
    .option('--state <state>', 'pending, approved, rejected or all', 'pending')
    .option('--limit <number>', 'at most so many', wholeNumber, 50)
    .action(async (options) => {
      const { listApprovals } = await import('./commands/approvals.ts');
      await listApprovals(await api(), terminal, options);
    });
  approvals
    .command('approve')
    .description('agrees, with the API key of another admin than who asked: it takes effect now')
    .argument('<approval>')
    .option('--note <text>', 'it stays in the audit')
    .action(async (id, options) => {
      const { decideApproval } = await import('./commands/approvals.ts');
      await decideApproval(await api(), terminal, 'approve', id, options);
    });
  approvals
    .command('reject')
    .description('nothing takes effect; who asked withdraws it by this')
    .argument('<approval>')
    .requiredOption('--reason <text>', 'why; it stays in the audit')
    .action(async (id, options) => {
      const { decideApproval } = await import('./commands/approvals.ts');
      await decideApproval(await api(), terminal, 'reject', id, options);
    });
}
