import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { UsageError } from '../failures.ts';
import type { Terminal } from '../terminal.ts';
import { apply, plan } from './configuration.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waybill-plan-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

/** Two things may be wrong with it: the policy, which the environment decides, and an encoding nobody knows. */
const OLD_PARTNER = `apiVersion: waybill/v1
endpoints:
  - name: old
    protocol: ftp
    host: ftp.old.example
    username: waybill
    password: {env: OLD_PASSWORD}
    encoding: cp4437
`;

/** A refused file ends before any database is opened and before anything is shown. */
const silent: Terminal = new Proxy({} as Terminal, {
  get: () => () => {
    throw new Error('nothing was to be shown');
  },
});

async function refusal(command: typeof plan, text = OLD_PARTNER): Promise<string[]> {
  const file = join(folder, 'old.yaml');
  await writeFile(file, text);
  const error = await command(silent, { file }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(UsageError);
  return (error as UsageError).message.replaceAll(`${folder}/`, '').split('\n');
}

const ENCODING =
  'old.yaml:8:15 endpoints[0].encoding: `cp4437` is not a known encoding; did you mean `cp437`?';

it.each([
  ['plan', plan],
  ['apply', apply],
])('%s refuses a legacy policy unless WAYBILL_ALLOW_LEGACY names it', async (_, command) => {
  vi.stubEnv('WAYBILL_ALLOW_LEGACY', 'clear_data');
  expect(await refusal(command)).toEqual([
    'old.yaml:4:15 endpoints[0].protocol: `ftp` sends the password and every file in clear: the legacy policy `plain_ftp`, ' +
      'which this installation does not allow; start every process with WAYBILL_ALLOW_LEGACY=clear_data,plain_ftp to allow it',
    ENCODING,
  ]);
  vi.stubEnv('WAYBILL_ALLOW_LEGACY', 'plain_ftp');
  expect(await refusal(command)).toEqual([ENCODING]);
});

it('refuses an encoding that the engine would refuse at connect', async () => {
  vi.stubEnv('WAYBILL_ALLOW_LEGACY', 'plain_ftp');
  expect(await refusal(apply, OLD_PARTNER.replace('cp4437', 'viscii'))).toEqual([
    expect.stringContaining('old.yaml:8:15 endpoints[0].encoding: `viscii` does not write ASCII as it is'),
  ]);
});
