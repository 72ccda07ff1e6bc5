import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '#config';
import { FAILPOINTS } from '#failpoint';
import { MODES } from './support/plan-case.ts';
import { environmentOfSuite, readResults, summaryTable } from './support/report.ts';

const USAGE = 'npm run test:crash -- [--seeds N] [--first-seed N] [--protocol explicit|implicit]';
const WORKERS = 3;

/** Vitest takes no flags of ours: they become environment and file names. */
process.exitCode = await main();

async function main(): Promise<number> {
  const values = flagsOf(process.argv.slice(2));
  if (!values) {
    console.error(USAGE);
    return 2;
  }
  const count = Number(values.seeds);
  const first = Number(values['first-seed']);
  const known = values.protocol === undefined || MODES.some((mode) => mode === values.protocol);
  if (!Number.isSafeInteger(count) || count < 1 || !Number.isSafeInteger(first) || !known) {
    console.error(USAGE);
    return 2;
  }
  const seeds = Array.from({ length: count }, (_, index) => first + index);
  const folder = await mkdtemp(join(tmpdir(), 'waybill-crash-'));
  const results = join(folder, 'results.jsonl');
  await writeFile(results, '');
  const root = packageRoot();
  const suite = spawn(
    process.execPath,
    [
      join(root, 'node_modules/vitest/vitest.mjs'),
      ...['run', '--project', 'crash', `--maxWorkers=${WORKERS}`],
      ...(values.protocol === undefined ? [] : [`test/crash/${values.protocol}`]),
    ],
    { cwd: root, stdio: 'inherit', env: { ...process.env, ...environmentOfSuite(seeds, results) } },
  );
  const [code] = (await once(suite, 'exit')) as [number | null];
  const rows = readResults(results);
  if (rows.length > 0) console.log(`\n${summaryTable(rows, FAILPOINTS)}`);
  await rm(folder, { recursive: true });
  return code ?? 1;
}

function flagsOf(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        seeds: { type: 'string', default: '1' },
        'first-seed': { type: 'string', default: '1' },
        protocol: { type: 'string' },
      },
    }).values;
  } catch {
    return undefined;
  }
}
