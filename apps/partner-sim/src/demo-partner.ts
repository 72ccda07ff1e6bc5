import { randomBytes, randomInt } from 'node:crypto';
import { chmod, mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type KeptIdentity, leafOf, readIdentity, writeIdentity } from './keep-identity.ts';
import { type PartnerSim, startPartnerSim } from './partner-sim.ts';

/** The demo's partner: a bank that puts statements into /out and takes payments in /in. */
export interface DemoPartner {
  sim: PartnerSim;
  /** Puts a new statement into /out and returns its name. */
  produceStatement(now: Date): Promise<string>;
  close(): Promise<void>;
}

const HOST = '127.0.0.1';

/**
 * Keeps its authority, its password and its ports under `<home>/demo`: after a restart it is the same partner, and the
 * configuration that names it has not changed.
 */
export async function startDemoPartner(options: { home: string }): Promise<DemoPartner> {
  const root = join(options.home, 'demo/partner');
  for (const folder of ['out', 'in']) await mkdir(join(root, folder), { recursive: true });
  const path = join(options.home, 'demo/partner-identity.json');
  const kept = await readIdentity(path, 'Waybill demo authority');
  const identity = leafOf(kept.authority, HOST);
  const start = ({ explicit, implicit }: KeptIdentity['ports']): Promise<PartnerSim> =>
    startPartnerSim({
      root,
      host: HOST,
      username: 'waybill',
      password: kept.password,
      identity,
      explicitPort: explicit,
      implicitPort: implicit,
    });
  const sim = await start(kept.ports).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE') throw error;
    return start({ explicit: 0, implicit: 0 });
  });
  await writeIdentity(path, {
    ...kept,
    ports: { explicit: sim.explicitPort, implicit: sim.implicitPort },
  });
  return {
    sim,
    produceStatement: (now) => produceStatement(join(root, 'out'), now),
    close: () => sim.close(),
  };
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
