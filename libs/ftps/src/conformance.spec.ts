import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPartnerSim } from '#apps/partner-sim';
import { describeSessionConformance, type SessionHarness } from '#protocol/testing';
import { sessionAt, Witness } from '../testing/index.ts';

/** The demo partner, so that this needs nothing but Node; test/servers asks the same of vsftpd, ProFTPD and Pure-FTPd. */
async function harness(
  mode: 'explicit' | 'implicit',
  version: 'TLSv1.2' | 'TLSv1.3',
): Promise<SessionHarness> {
  const directory = await mkdtemp(join(tmpdir(), 'waybill-ftps-'));
  await mkdir(join(directory, 'root'));
  const sim = await startPartnerSim({
    root: directory,
    username: 'anna',
    password: 'hunter2-secret',
    tls: { minVersion: version, maxVersion: version },
  });
  const port = mode === 'explicit' ? sim.explicitPort : sim.implicitPort;
  return {
    open: (observer = new Witness()) => sessionAt({ port, mode, tls: { ca: [sim.caPem] } }, observer),
    root: '/root',
    peek: (path) => readFile(join(directory, path)).catch(() => undefined),
    plant: (path, bytes) => writeFile(join(directory, path), bytes),
    cleanup: async () => {
      await sim.close();
      await rm(directory, { recursive: true });
    },
  };
}

for (const mode of ['explicit', 'implicit'] as const)
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const)
    describeSessionConformance(`partner-sim, ${mode}, ${version}`, () => harness(mode, version));
