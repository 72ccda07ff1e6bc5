import { rmSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Installation } from './installation.ts';
import { type Partner, startPartner, storePassword } from './partner.ts';

/** What strangers may call a file, and we move: each of them breaks something else in a careless page. */
export const HOSTILE_NAMES = [
  '<img src=x onerror="document.title=String(1)">.csv',
  '"><svg onload=alert(1)>.csv',
  `${'very-long-name-'.repeat(13)}.csv`,
  '{{constructor.constructor(1)()}} #{7*7}.csv',
] as const;

export interface Night {
  partners: Record<'acme' | 'borealis' | 'cargo', Partner>;
  runs: Record<'delivered' | 'hostile' | 'failed' | 'held', string>;
  /** Of the transfer that is held in doubt. */
  heldTransfer: string;
  /** One that was delivered, with its name. */
  deliveredTransfer: { id: string; name: string };
  close(): Promise<void>;
}

interface Entry {
  id: string;
}
interface Page<Item> {
  items: Item[];
}

/**
 * Three partners, one of each kind of trouble, all of it real: acme's statements arrive (some under hostile names) and a payment to
 * them is in doubt, borealis (implicit TLS) is fine, cargo refuses our password.
 */
export async function playNight(installation: Installation): Promise<Night> {
  const { ask, product } = installation;
  const [acme, borealis, cargo] = await Promise.all([
    startPartner(installation, 'acme'),
    startPartner(installation, 'borealis'),
    startPartner(installation, 'cargo'),
  ]);
  for (const partner of [acme, borealis, cargo]) {
    await ask('POST', '/partners', { name: partner.name });
    await storePassword(installation, partner);
  }
  await ask('PUT', '/secrets/cargo-password', { value: 'the one of last year' });
  const depot = join(product.home, 'depot');
  for (const folder of ['statements', 'hostile', 'orders', 'manifests', 'payments', 'retired'])
    await mkdir(join(depot, folder), { recursive: true });
  await ask('POST', '/endpoints', acme.endpoint());
  await ask('POST', '/endpoints', borealis.endpoint({ mode: 'implicit', port: borealis.sim.implicitPort }));
  await ask('POST', '/endpoints', cargo.endpoint());
  await ask('POST', '/endpoints', { name: 'depot', protocol: 'local', root: depot });
  await addRoutes(installation);
  await putFiles(acme, borealis, cargo, depot);
  // The partner confirms the rename, and the file is nowhere to be seen.
  acme.sim.faults.answer = (_, { verb }) => {
    if (verb === 'RNTO') rmSync(join(acme.sim.root, 'in/payment-4711.xml'), { force: true });
    return undefined;
  };
  const [delivered, hostile, failed, held] = await Promise.all(
    ['acme-statements', 'acme-hostile', 'cargo-manifests', 'acme-payments'].map((route) =>
      runToItsEnd(installation, route),
    ),
  );
  delete acme.sim.faults.answer;
  await runToItsEnd(installation, 'borealis-orders');
  await ask('POST', '/routes/borealis-orders/pause', { reason: 'Their server moves house until Monday' });
  const [heldTransfer] = (await ask<Page<Entry>>('GET', `/transfers?runId=${held}`)).items;
  const [first] = (await ask<Page<Entry & { sourcePath: string }>>('GET', `/transfers?runId=${delivered}`))
    .items;
  return {
    partners: { acme, borealis, cargo },
    runs: { delivered: delivered!, hostile: hostile!, failed: failed!, held: held! },
    heldTransfer: heldTransfer!.id,
    deliveredTransfer: { id: first!.id, name: first!.sourcePath.split('/').at(-1)! },
    async close() {
      await Promise.all([acme.close(), borealis.close(), cargo.close()]);
    },
  };
}

async function addRoutes({ ask }: Installation): Promise<void> {
  const route = (name: string, from: [string, string], to: [string, string], more: object = {}) =>
    ask('POST', '/routes', {
      name,
      source: { endpoint: from[0], path: from[1], settleMs: 0 },
      destination: { endpoint: to[0], path: to[1] },
      retry: { maxAttempts: 1 },
      ...more,
    });
  // Half an hour away: none of them fires while somebody looks.
  const minute = (new Date().getMinutes() + 30) % 60;
  const at = (hours: string, timezone: string) => ({ schedule: { cron: `${minute} ${hours}`, timezone } });
  await route(
    'acme-statements',
    ['acme-ftps', '/out'],
    ['depot', '/statements'],
    at('* * * *', 'Europe/London'),
  );
  await route('acme-hostile', ['acme-ftps', '/out/hostile'], ['depot', '/hostile']);
  await route('acme-payments', ['depot', '/payments'], ['acme-ftps', '/in'], {
    afterDelivery: { source: 'archive', to: '/payments/sent' },
    ...at('18-23 * * 1-5', 'Europe/London'),
  });
  await route('borealis-orders', ['borealis-ftps', '/out'], ['depot', '/orders'], {
    ...at('2 * * *', 'America/New_York'),
  });
  await route(
    'cargo-manifests',
    ['cargo-ftps', '/out'],
    ['depot', '/manifests'],
    at('2 * * *', 'Asia/Tokyo'),
  );
  await route('retired-feed', ['borealis-ftps', '/out'], ['depot', '/retired'], {
    enabled: false,
    window: { from: '20:00', to: '06:00', timezone: 'America/New_York' },
  });
}

async function putFiles(acme: Partner, borealis: Partner, cargo: Partner, depot: string): Promise<void> {
  for (const day of ['19', '20', '21'])
    await acme.put(`out/statement-202611${day}.csv`, `date;amount\n${'2026-11-21;1.00\n'.repeat(400)}`);
  await mkdir(join(acme.sim.root, 'out/hostile'), { recursive: true });
  for (const name of HOSTILE_NAMES) await acme.put(join('out/hostile', name), 'theirs');
  for (const number of [1001, 1002]) await borealis.put(`out/order-${number}.json`, `{"order": ${number}}`);
  await cargo.put('out/manifest.txt', 'nobody gets to see this');
  await writeFile(join(depot, 'payments/payment-4711.xml'), '<payment>4711</payment>');
  await mkdir(join(depot, 'payments/sent'), { recursive: true });
}

/** Gives the run's id, whatever became of it. */
export async function runToItsEnd({ ask, product }: Installation, route: string): Promise<string> {
  const { id } = await ask<Entry>('POST', `/routes/${route}/runs`, {});
  await product.finished(id);
  return id;
}
