import { Argument, type Command } from 'commander';
import type { Client } from '#contract';
import type { Terminal } from './terminal.ts';

/** What the command line needs of its surroundings: the api when a command is called, and how options are read. */
export interface CommandParts {
  terminal: Terminal;
  api: () => Promise<Client>;
  wholeNumber: (text: string) => number;
  instant: (text: string) => string;
}

/** The commands by which people step in: where something is held, failed, or has to wait. */
export function addInterventions(program: Command, { terminal, api }: CommandParts): void {
  program
    .command('resolve')
    .description('decides a held transfer; its incident ends with it')
    .argument('<transfer>')
    .requiredOption('--as <decision>', 'delivered (it is at its destination), resend, or give_up')
    .requiredOption('--reason <text>', 'why; it stays in the audit')
    .action(async (transfer, options) => {
      const { resolveTransfer } = await import('./commands/interventions.ts');
      await resolveTransfer(await api(), terminal, transfer, options);
    });
  program
    .command('rerun')
    .description('makes a new run of what a finished one did not deliver')
    .argument('<run>')
    .option('--wait', 'follow it to its end; exit 0 only if every transfer was delivered')
    .option('--idempotency-key <key>', 'the same key returns the same run')
    .action(async (run, options) => {
      const { rerunRun } = await import('./commands/interventions.ts');
      await rerunRun(await api(), terminal, run, options);
    });
  program
    .command('cancel')
    .description('cancels what has not begun of a run')
    .argument('<run>')
    .requiredOption('--reason <text>', 'why; it stays in the audit')
    .action(async (run, options) => {
      const { cancelRun } = await import('./commands/interventions.ts');
      await cancelRun(await api(), terminal, run, options);
    });
  for (const verb of ['pause', 'resume'] as const) {
    const command = program
      .command(verb)
      .description(
        verb === 'pause'
          ? 'nothing new begins on a route or an endpoint; what is under way comes to its end'
          : 'ends a pause; the runs that waited begin',
      )
      .addArgument(new Argument('<noun>', 'what it is').choices(['route', 'endpoint']))
      .argument('<name>');
    if (verb === 'pause') command.requiredOption('--reason <text>', 'why; it stays in the audit');
    else command.option('--reason <text>', 'why; it stays in the audit');
    command.action(async (noun, name, options) => {
      const { changePause } = await import('./commands/interventions.ts');
      await changePause(await api(), terminal, verb, noun, name, options);
    });
  }
}

export function addIncidents(program: Command, { terminal, api, wholeNumber, instant }: CommandParts): void {
  const incidents = program.command('incidents').description('problems that need a person');
  incidents
    .command('list', { isDefault: true })
    .description('lists them, newest first')
    .option('--state <state>', 'open, acknowledged, snoozed, resolved, unresolved or all', 'unresolved')
    .option('--kind <kind>')
    .option('--route <name>')
    .option('--endpoint <name>')
    .option('--limit <number>', 'at most so many', wholeNumber, 50)
    .action(async (options) => {
      const { listIncidents } = await import('./commands/incidents.ts');
      await listIncidents(await api(), terminal, options);
    });
  incidents
    .command('ack')
    .description('says that somebody looks at it')
    .argument('<incident>')
    .option('--note <text>')
    .action(async (id, options) => {
      const { answerIncident } = await import('./commands/incidents.ts');
      await answerIncident(await api(), terminal, 'ack', id, options);
    });
  incidents
    .command('snooze')
    .description('puts it aside for a while')
    .argument('<incident>')
    .requiredOption('--until <instant>', 'open again from this instant on (ISO 8601)', instant)
    .option('--note <text>')
    .action(async (id, options) => {
      const { answerIncident } = await import('./commands/incidents.ts');
      await answerIncident(await api(), terminal, 'snooze', id, options);
    });
  incidents
    .command('resolve')
    .description('says that it is over; for held transfers say `waybill resolve TRANSFER`')
    .argument('<incident>')
    .requiredOption('--reason <text>', 'why; it stays in the audit')
    .action(async (id, options) => {
      const { answerIncident } = await import('./commands/incidents.ts');
      await answerIncident(await api(), terminal, 'resolve', id, options);
    });
}
