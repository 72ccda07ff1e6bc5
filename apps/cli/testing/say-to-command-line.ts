import { runCommandLine } from '../src/command-line.ts';
import type { Terminal } from '../src/terminal.ts';

/** Runs a command in this process: its exit code, all that it says in lines, and its JSON. */
export async function sayToCommandLine(
  args: string[],
): Promise<{ code: number; said: string; json: unknown }> {
  const said: string[] = [];
  let json: unknown;
  const keep = (text = ''): void => void said.push(text);
  const terminal: Terminal = {
    line: keep,
    note: keep,
    json: (given) => {
      json = given;
    },
    jsonLine: () => undefined,
    progress: () => undefined,
    interactive: false,
    columns: 110,
  };
  const code = await runCommandLine(args, terminal);
  return { code, said: said.join('\n'), json };
}
