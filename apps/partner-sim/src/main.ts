import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { leafOf, newIdentity, readIdentity, writeIdentity } from './keep-identity.ts';
import { startPartnerSim } from './partner-sim.ts';

const USAGE = `usage: partner-sim --root DIRECTORY [--state DIRECTORY] [--host ADDRESS]
                   [--explicit-port N] [--implicit-port N] [--username NAME] [--any-session]
--state keeps authority and password for the next start; --any-session takes data connections that do not resume.
`;

/** Runs the server by itself, to point any FTPS client at it. */
function readArguments() {
  const { values } = parseArgs({
    options: {
      root: { type: 'string' },
      state: { type: 'string' },
      host: { type: 'string', default: '127.0.0.1' },
      'explicit-port': { type: 'string', default: '0' },
      'implicit-port': { type: 'string', default: '0' },
      username: { type: 'string', default: 'partner' },
      'any-session': { type: 'boolean', default: false },
    },
  });
  if (values.root === undefined) throw new Error('--root is missing');
  return { ...values, root: values.root };
}

async function identityIn(folder: string | undefined) {
  if (folder === undefined) return newIdentity('Partner authority');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, 'partner-identity.json');
  const kept = await readIdentity(path, 'Partner authority');
  await writeIdentity(path, kept);
  return kept;
}

async function main(): Promise<void> {
  const wanted = readArguments();
  const kept = await identityIn(wanted.state);
  const sim = await startPartnerSim({
    root: wanted.root,
    host: wanted.host,
    username: wanted.username,
    password: kept.password,
    identity: leafOf(kept.authority, wanted.host),
    explicitPort: Number(wanted['explicit-port']),
    implicitPort: Number(wanted['implicit-port']),
    requireSessionReuse: !wanted['any-session'],
  });
  process.stdout.write(
    `explicit ftp://${sim.host}:${sim.explicitPort}  implicit ftps://${sim.host}:${sim.implicitPort}  ${sim.username} ${sim.password}\n${sim.caPem}`,
  );
  process.once('SIGINT', () => void sim.close());
  process.once('SIGTERM', () => void sim.close());
}

await main().catch((error: Error) => {
  process.stderr.write(`partner-sim: ${error.message}\n${USAGE}`);
  process.exitCode = 2;
});
