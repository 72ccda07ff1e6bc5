import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { startPartnerSim } from './partner-sim.ts';

/** Runs the server by itself, to point any FTPS client at it. */
const { values } = parseArgs({
  options: {
    root: { type: 'string' },
    'explicit-port': { type: 'string' },
    'implicit-port': { type: 'string' },
  },
});
if (values.root === undefined) {
  process.stderr.write('usage: partner-sim --root DIRECTORY [--explicit-port N] [--implicit-port N]\n');
  process.exit(2);
}
const sim = await startPartnerSim({
  root: values.root,
  username: 'partner',
  password: randomBytes(12).toString('base64url'),
  explicitPort: Number(values['explicit-port'] ?? 0),
  implicitPort: Number(values['implicit-port'] ?? 0),
});
process.stdout.write(
  `explicit ftp://${sim.host}:${sim.explicitPort}  implicit ftps://${sim.host}:${sim.implicitPort}  ${sim.username} ${sim.password}\n${sim.caPem}`,
);
process.once('SIGINT', () => void sim.close());
process.once('SIGTERM', () => void sim.close());
