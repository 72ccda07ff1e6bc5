import { nodeVersionProblem } from '#config';
import { EXIT } from './failures.ts';
import { openTerminal } from './terminal.ts';

const terminal = openTerminal();
const problem = nodeVersionProblem(process.version);
if (problem) {
  terminal.note(`waybill: ${problem}`);
  process.exitCode = EXIT.usage;
} else {
  const { runCommandLine } = await import('./command-line.ts');
  process.exitCode = await runCommandLine(process.argv.slice(2), terminal);
}
