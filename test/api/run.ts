import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { packageRoot } from '#config';
import { promiseFiles, promiseTable } from './support/promise-tests.ts';

/**
 * `npm run test:api`: every suite that shows a promise, wherever it stands, and then what became of each promise.
 * Given names of files it runs those of them only; `--table` prints the table of the README.
 */
const given = process.argv.slice(2);
if (given.includes('--table')) console.log(promiseTable().join('\n'));
else process.exitCode = await run(given);

async function run(args: readonly string[]): Promise<number> {
  const wanted = args.filter((arg) => !arg.startsWith('-'));
  const flags = args.filter((arg) => arg.startsWith('-'));
  const root = packageRoot();
  const whole = wanted.length === 0;
  const suite = spawn(
    process.execPath,
    [
      join(root, 'node_modules/vitest/vitest.mjs'),
      ...['run', '--project=!crash', '--project=!chaos', ...flags],
      ...(whole ? ['test/api/', ...promiseFiles()] : wanted),
      ...(whole
        ? ['default', './test/support/closing-line.ts', './test/api/support/promise-report.ts']
        : []
      ).map((reporter) => `--reporter=${reporter}`),
    ],
    { cwd: root, stdio: 'inherit' },
  );
  const [code] = (await once(suite, 'exit')) as [number | null];
  return code ?? 1;
}
