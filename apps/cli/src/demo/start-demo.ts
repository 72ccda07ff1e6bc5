import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import cron from 'node-cron';
import { startDemoPartner } from '#apps/partner-sim';
import { doorbellOf } from '#audit';
import { storeSecret } from '#configuration';
import type { Actor } from '#domain';
import type { Store } from '#store';
import { applyWanted, openConfiguration, parseText } from '../apply-configuration.ts';
import type { Lanes } from '../lanes-part.ts';
import type { Shared } from '../shared-parts.ts';
import { DEMO_ROUTES, DEMO_SECRET, demoConfiguration, demoFolders } from './demo-configuration.ts';
import { produceOrder } from './produce-order.ts';

const DEMO: Actor = { kind: 'system', name: 'demo' };

export interface Demo {
  explicitPort: number;
  implicitPort: number;
  /** The very first files: a run of each route now, by the recorder like every other run. */
  deliverAtOnce(): Promise<void>;
}

/** The demo partner, its configuration, and new files shortly before each minute. */
export async function startDemo(shared: Shared, lanes: Lanes, stack: AsyncDisposableStack): Promise<Demo> {
  const { config, store, recorder, queue, log } = shared;
  const folders = demoFolders(config.home);
  for (const folder of [folders.inbox, folders.outbox]) await mkdir(folder, { recursive: true });
  const partner = await startDemoPartner({ home: config.home });
  stack.defer(() => partner.close());
  await keepPassword(store, lanes, partner.sim.password);
  const file = join(config.home, 'demo/demo.yaml');
  await applyWanted(
    // Nobody asks for the demo but whoever starts it: there is no second person yet.
    openConfiguration(store, { ...config, fourEyes: false }, shared.egress),
    DEMO,
    parseText(demoConfiguration(config.home, partner.sim), file, config.allowedLegacyPolicies),
    file,
  );
  const produce = async (): Promise<void> => {
    const now = new Date();
    await Promise.all([partner.produceStatement(now), produceOrder(folders.outbox, now)]);
  };
  if (await isEmpty(join(partner.sim.root, 'out'))) await partner.produceStatement(new Date());
  if (await isEmpty(folders.outbox)) await produceOrder(folders.outbox, new Date());
  const production = cron.schedule('50 * * * * *', () =>
    produce().catch((error: unknown) => log.warn({ err: error }, 'the demo made no new files')),
  );
  stack.defer(async () => {
    await production.destroy();
  });
  return {
    explicitPort: partner.sim.explicitPort,
    implicitPort: partner.sim.implicitPort,
    async deliverAtOnce() {
      for (const routeName of DEMO_ROUTES) {
        const { run } = await recorder.createRun({ routeName, trigger: 'operator', requestedBy: DEMO });
        await queue.ring(doorbellOf(run));
      }
    },
  };
}

/** Stored once: a start that changes nothing leaves no event. */
async function keepPassword(store: Store, lanes: Lanes, password: string): Promise<void> {
  await lanes.prepared();
  if (!(await lanes.holdsSecret(DEMO_SECRET, password)))
    await storeSecret(store, DEMO, DEMO_SECRET, password);
}

async function isEmpty(folder: string): Promise<boolean> {
  const names = await readdir(folder);
  return !names.some((name) => name.endsWith('.csv'));
}
