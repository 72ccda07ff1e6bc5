import { randomBytes, randomInt } from 'node:crypto';
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Identity, issueCertificate, makeAuthority } from './certificates.ts';
import { type PartnerSim, startPartnerSim } from './partner-sim.ts';

/** The demo's partner: a bank that puts statements into /out and takes payments in /in. */
export interface DemoPartner {
  sim: PartnerSim;
  /** Puts a new statement into /out and returns its name. */
  produceStatement(now: Date): Promise<string>;
  close(): Promise<void>;
}

interface Kept {
  identity: Identity & { caPem: string };
  password: string;
}

/** Keeps its authority and password under `<home>/demo`, so that a second start is the same partner. */
export async function startDemoPartner(options: { home: string }): Promise<DemoPartner> {
  const root = join(options.home, 'demo/partner');
  for (const folder of ['out', 'in']) await mkdir(join(root, folder), { recursive: true });
  const kept = await keepIdentity(join(options.home, 'demo/partner-identity.json'));
  const sim = await startPartnerSim({ root, username: 'waybill', ...kept });
  return {
    sim,
    produceStatement: (now) => produceStatement(join(root, 'out'), now),
    close: () => sim.close(),
  };
}

async function keepIdentity(path: string): Promise<Kept> {
  const known = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (known !== undefined) return JSON.parse(known) as Kept;
  const authority = makeAuthority({ commonName: 'Waybill demo authority' });
  const leaf = issueCertificate(authority, {
    commonName: 'localhost',
    dnsNames: ['localhost'],
    ipAddresses: ['127.0.0.1'],
  });
  const kept: Kept = {
    identity: { ...leaf, caPem: authority.certificatePem },
    password: randomBytes(18).toString('base64url'),
  };
  await writeFile(`${path}.new`, JSON.stringify(kept), { mode: 0o600 });
  await rename(`${path}.new`, path);
  return kept;
}

/** Written aside and renamed, as a good partner does. */
async function produceStatement(folder: string, now: Date): Promise<string> {
  const stamp = now.toISOString().replace(/[-:]/g, '').slice(0, 15);
  const name = `statement-${stamp}-${randomBytes(2).toString('hex')}.csv`;
  const rows = Array.from({ length: 200 }, () => {
    const account = `GB${randomInt(10, 99)}DEMO${randomInt(10_000_000, 99_999_999)}`;
    return `${now.toISOString().slice(0, 10)};${account};${(randomInt(-500_000, 500_000) / 100).toFixed(2)};EUR`;
  });
  const aside = join(folder, `.${name}.writing`);
  await writeFile(aside, `date;account;amount;currency\n${rows.join('\n')}\n`);
  await chmod(aside, 0o644);
  await rename(aside, join(folder, name));
  return name;
}
