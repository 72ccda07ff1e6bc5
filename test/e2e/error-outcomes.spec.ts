import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { expectRefused } from '../hostile/support/expectations.ts';
import { answerTo } from '../hostile/support/scripts.ts';
import { Stage } from '../hostile/support/stage.ts';
import { aLocalEndpoint, aRoute } from '../support/builders.ts';
import { type Product, startProduct } from '../support/product.ts';

/** Codes that a whole run ends with where no other spec shows it; test/error-codes.spec.ts keeps the list of all. */

describe('a partner', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.open();
  });
  afterAll(() => stage.close());

  it('whose file is in use ends the run as remote_busy', async () => {
    const scene = await stage.push({ faults: answerTo('STOR', '450 In use.\r\n') });
    await expectRefused(stage, scene, 'remote_busy');
  });

  it('who will not rename ends the run as rename_failed', async () => {
    const scene = await stage.push({ faults: { renameReply: '553 Not that name.' } });
    expect(scene.run.state).toBe('failed');
    expect(scene.run.transfers[0]!.errorCode).toBe('rename_failed');
  });

  it('whose password is nowhere ends the run as secret_unavailable, without a connection', async () => {
    const scene = await stage.pull({ endpoint: { password: { env: 'NOBODY_SET_THIS' } } });
    await expectRefused(stage, scene, 'secret_unavailable');
    expect(scene.verbs()).toEqual([]);
  });
});

describe('here', () => {
  let product: Product;
  afterEach(() => product.close());

  async function start(options: Parameters<typeof startProduct>[0] = {}): Promise<void> {
    product = await startProduct(options);
    for (const folder of ['root/out', 'in', 'elsewhere'])
      await mkdir(join(product.home, folder), { recursive: true });
    await writeFile(join(product.home, 'root/out/a.csv'), 'a');
    await writeFile(join(product.home, 'elsewhere/a.csv'), 'a');
    await symlink(join(product.home, 'elsewhere'), join(product.home, 'root/aside'));
    const retry = { maxAttempts: 1, firstDelayMs: 10, factor: 1, maxDelayMs: 10, jitter: 0 };
    const to = { endpoint: 'target', path: '/' };
    await product.apply(
      [
        aLocalEndpoint('here', join(product.home, 'root')),
        aLocalEndpoint('target', join(product.home, 'in')),
      ],
      [
        aRoute('aside', { endpoint: 'here', path: '/aside' }, to, { retry }),
        aRoute('move', { endpoint: 'here', path: '/out' }, to, { retry }),
      ],
    );
  }

  it('a folder that leads out of the root ends the run as path_outside_root', async () => {
    await start();
    expect(await product.run('aside')).toMatchObject({
      state: 'failed',
      errorCode: 'path_outside_root',
      transfers: [],
    });
  });

  it('a fault of our own ends the transfer as internal, with what it said, and not the worker', async () => {
    let broken = true;
    await start({
      sessions: (usual) => async (endpoint, observer, signal) => {
        const session = await usual(endpoint, observer, signal);
        return new Proxy(session, {
          get(target, key) {
            const value: unknown = Reflect.get(target, key, target);
            if (key === 'openWrite' && broken)
              return async () => {
                throw new RangeError('nobody thought of this');
              };
            return typeof value === 'function' ? value.bind(target) : value;
          },
        });
      },
    });
    const run = await product.run('move');
    expect(run.transfers).toMatchObject([
      { state: 'failed', errorCode: 'internal', errorDetail: 'nobody thought of this' },
    ]);
    broken = false;
    expect((await product.run('move')).state).toBe('delivered');
  });
});
