import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { ConfigProblem } from '#config';
import { TransferError } from '#domain';
import { KeyFileProblem } from '#secrets';
import { ChangedMigration, HomeInUse, NewerDatabase, StoreUnavailable, UnusableHome } from '#store';
import { addApprovals } from './approval-commands.ts';
import { addEvidence } from './evidence-commands.ts';
import { EXIT, UsageError, WorkFailed } from './failures.ts';
import { addIdentities } from './identity-commands.ts';
import { addIncidents, addInterventions } from './intervention-commands.ts';
import { addSecrets } from './secret-commands.ts';
import type { Terminal } from './terminal.ts';

/** Runs one command and returns its exit code. What a command needs is loaded when it is called. */
export async function runCommandLine(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    await buildProgram(terminal).parseAsync(args, { from: 'user' });
    return EXIT.done;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    if (isUsage(error)) return say(terminal, error, EXIT.usage);
    if (error instanceof WorkFailed || error instanceof StoreUnavailable || error instanceof TransferError) {
      return say(terminal, error, EXIT.failed);
    }
    throw error;
  }
}

const USAGE = [
  UsageError,
  ConfigProblem,
  HomeInUse,
  UnusableHome,
  ChangedMigration,
  NewerDatabase,
  KeyFileProblem,
];

/** What somebody has to change before the same command can work. */
function isUsage(error: unknown): error is Error {
  if (error instanceof TransferError) return error.code === 'invalid_configuration';
  return USAGE.some((kind) => error instanceof kind);
}

function say(terminal: Terminal, error: Error, code: number): number {
  for (const line of error.message.split('\n')) if (line !== '') terminal.note(`waybill: ${line}`);
  return code;
}

function buildProgram(terminal: Terminal): Command {
  const program = new Command('waybill')
    .description('Scheduled file transfer over FTPS with a provable audit trail.')
    .exitOverride()
    .configureOutput({
      outputError: (text, write) => write(text.replace(/^error: /, 'waybill: ')),
    });
  program.helpCommand(false).showSuggestionAfterError();
  addProcesses(program, terminal);
  addConfiguration(program, terminal);
  addRuns(program, terminal);
  const parts = { terminal, api, wholeNumber, instant };
  addInterventions(program, parts);
  addIncidents(program, parts);
  addApprovals(program, parts);
  addExamination(program, terminal);
  addEvidence(program, parts);
  addIdentities(program, { terminal, collect, instant });
  addAdministration(program, terminal);
  for (const command of everyCommand(program)) {
    if (command.commands.length === 0) command.option('--json', 'print JSON for programs');
  }
  return program;
}

function everyCommand(command: Command): Command[] {
  return command.commands.flatMap((child) => [child, ...everyCommand(child)]);
}

function addProcesses(program: Command, terminal: Terminal): void {
  program
    .command('start')
    .description('everything together: database, queue, api, scheduler, worker')
    .option('--home <dir>', 'where data is kept (default: WAYBILL_HOME or ./.waybill)')
    .option('--port <number>', 'port of the api; 0 takes a free one', wholeNumber)
    .option('--demo', 'with a demo partner that sends and takes files every minute')
    .action(async (options) => {
      const { start } = await import('./commands/start.ts');
      await start(terminal, options);
    });
  for (const kind of ['api', 'scheduler', 'worker'] as const) {
    program
      .command(kind)
      .description(`only the ${kind}, for several processes on DATABASE_URL and REDIS_URL`)
      .action(async () => {
        const { runProcess } = await import('./commands/process.ts');
        await runProcess(kind);
      });
  }
  program
    .command('lanes', { hidden: true })
    .description('the part of `start` that reaches partners')
    .action(async () => {
      const { runLanes } = await import('./commands/lanes.ts');
      await runLanes();
    });
  program
    .command('migrate')
    .description('prepares the database of DATABASE_OWNER_URL: tables of Waybill and of its queue')
    .action(async (options) => {
      const { migrateDatabase } = await import('./commands/process.ts');
      await migrateDatabase(terminal, options);
    });
}

function addConfiguration(program: Command, terminal: Terminal): void {
  program
    .command('plan')
    .description('shows what a configuration file would change')
    .requiredOption('-f, --file <file>', 'configuration file (YAML)')
    .action(async (options) => {
      const { plan } = await import('./commands/configuration.ts');
      await plan(terminal, options);
    });
  program
    .command('apply')
    .description('applies a configuration file, all of it or nothing')
    .requiredOption('-f, --file <file>', 'configuration file (YAML)')
    .action(async (options) => {
      const { apply } = await import('./commands/configuration.ts');
      await apply(terminal, options);
    });
  program
    .command('export')
    .description('prints the configuration in force, without secrets')
    .action(async (options) => {
      const { exportConfiguration } = await import('./commands/configuration.ts');
      await exportConfiguration(terminal, options);
    });
  program
    .command('schedule')
    .description('looks at schedules')
    .command('preview')
    .description('when a route fires next, and why then')
    .argument('<route>')
    .option('--count <number>', 'how many fires', wholeNumber, 5)
    .option('--from <instant>', 'from this instant (ISO 8601) instead of now', instant)
    .option('--down-until <instant>', 'as if no scheduler ran before this instant (ISO 8601)', instant)
    .option('-f, --file <file>', 'of the route as this configuration file writes it, before it is applied')
    .action(async (route, options) => {
      const { previewSchedule } = await import('./commands/schedule.ts');
      await previewSchedule(terminal, route, options);
    });
}

function addRuns(program: Command, terminal: Terminal): void {
  program
    .command('run')
    .description('triggers a run of a route')
    .argument('<route>')
    .option('--param <name=value>', 'parameter of the run; may be repeated', collect)
    .option('--file <path>', 'only this file of what the route selects; may be repeated', collect)
    .option('--wait', 'follow it to its end; exit 0 only if every transfer was delivered')
    .option('--idempotency-key <key>', 'the same key returns the same run')
    .action(async (route, options) => {
      const { runRoute } = await import('./commands/run.ts');
      await runRoute(await api(), terminal, route, options);
    });
  program
    .command('runs')
    .description('lists runs, newest first')
    .option('--route <name>')
    .option('--state <state>')
    .option('--since <instant>', 'created since this instant (ISO 8601)', instant)
    .option('--limit <number>', 'at most so many', wholeNumber, 50)
    .action(async (options) => {
      const { listRuns } = await import('./commands/search.ts');
      await listRuns(await api(), terminal, options);
    });
  program
    .command('transfers')
    .description('lists transfers, newest first')
    .option('--route <name>')
    .option('--partner <name>')
    .option('--state <state>')
    .option('--name <glob>', 'of the source file')
    .option('--contains <text>', 'in the name of the source file, in capitals or not')
    .option('--sha256 <digits>', 'the hash, or the first eight digits of it or more')
    .option('--since <instant>', 'since this instant (ISO 8601)', instant)
    .option('--limit <number>', 'at most so many', wholeNumber, 50)
    .action(async (options) => {
      const { listTransfers } = await import('./commands/search.ts');
      await listTransfers(await api(), terminal, options);
    });
}

function addExamination(program: Command, terminal: Terminal): void {
  program
    .command('doctor')
    .description('examines an endpoint step by step, and says in plain words what to set')
    .argument('<endpoint>')
    .option(
      '--folder <path>',
      'a folder there to try writing, renaming and deleting in, with files of its own',
    )
    .option('--worker-tag <tag>', 'by a worker that carries it')
    .action(async (endpoint, options) => {
      const { examine } = await import('./commands/doctor.ts');
      await examine(await api(), terminal, endpoint, options);
    });
}

function addAdministration(program: Command, terminal: Terminal): void {
  addSecrets(program, terminal);
}

async function api() {
  const { findApi } = await import('./find-api.ts');
  return findApi();
}

function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

function instant(text: string): string {
  const moment = new Date(text);
  if (Number.isNaN(moment.getTime()))
    throw new InvalidArgumentError('It must be an instant such as 2026-11-21T00:00:00Z.');
  return moment.toISOString();
}
