import { runCommandLine } from './command-line.ts';
import { checkNode } from './node-floor.ts';
import { openTerminal } from './terminal.ts';

const terminal = openTerminal();
const refusal = checkNode(process.versions.node);
if (refusal) {
  terminal.note(`waybill: ${refusal}`);
  process.exitCode = 2;
} else {
  process.exitCode = await runCommandLine(process.argv.slice(2), terminal);
}
