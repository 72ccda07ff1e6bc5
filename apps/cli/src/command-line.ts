import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { EXIT, UsageError, WorkFailed } from './failures.ts';
import type { Terminal } from './terminal.ts';

/** Runs one command and returns its exit code. Commands are loaded when called: `--help` opens nothing. */
export async function runCommandLine(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    await buildProgram(terminal).parseAsync(args, { from: 'user' });
    return EXIT.done;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    if (error instanceof UsageError) return say(terminal, error, EXIT.usage);
    if (error instanceof WorkFailed) return say(terminal, error, EXIT.failed);
    throw error;
  }
}

function say(terminal: Terminal, error: Error, code: number): number {
  for (const line of error.message.split('\n')) if (line !== '') terminal.note(`waybill: ${line}`);
  return code;
}
