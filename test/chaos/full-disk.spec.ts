import { createHash, randomBytes } from 'node:crypto';
import { chown, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CheckedRoute, checkDeliveries, describeFindings } from '../checker/index.ts';
import { describeWithDocker, type FtpServer, startFtpServer } from '../servers/support/index.ts';
import { aLocalEndpoint, anFtpsEndpoint, aRoute } from '../support/builders.ts';
import { type Product, startProduct } from '../support/product.ts';
import { SmallDisk } from './support/small-disk.ts';
import { watchTargets } from './support/watch-targets.ts';

const KIB = 1024;
const STEP = 64 * KIB;
const FILE_BYTES = 1024 * KIB;
const DISK_BYTES = 4 * FILE_BYTES;
const OLDER_BYTES = 10 * KIB;
/** ProFTPD, because it says 552; vsftpd keeps the reason to itself. */
const SERVER = 'proftpd';
const STEPS = Array.from({ length: FILE_BYTES / STEP }, (_, step) => step);

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

const theirs = SmallDisk.mount(DISK_BYTES);
const ours = SmallDisk.mount(DISK_BYTES);
if (!(theirs && ours) && process.env['CI'] === 'true')
  throw new Error('no tmpfs can be mounted, and under CI no suite may be skipped');

describeWithDocker('D11: the destination is full at each 64 KiB of a file', () => {
  describe.skipIf(!(theirs && ours))(theirs ? SERVER : `${SERVER} (skipped: no tmpfs can be mounted)`, () => {
    let server: FtpServer;
    let product: Product;

    beforeAll(async () => {
      server = await startFtpServer({
        kind: SERVER,
        mode: 'explicit',
        tls: '1.3',
        folders: { small: theirs!.directory },
      });
      product = await startProduct({ secrets: { PARTNER_PASSWORD: server.password } });
      await mkdir(join(product.home, 'outbox'));
    });
    afterAll(async () => {
      await product?.close();
      await server?.stop();
      theirs?.unmount();
      ours?.unmount();
    });

    describe.each(['pull', 'push'] as const)('%s', (direction) => {
      const disk = direction === 'pull' ? ours! : theirs!;

      it.each(STEPS)(
        '%i x 64 KiB are free: refused, the source intact, delivered once there is room',
        async (step) => {
          // Every other time there is an older file, which has to stay until the new one is whole.
          const checked = await arrange(
            `${direction}-${step}`,
            step % 2 === 1 ? randomBytes(OLDER_BYTES) : undefined,
          );
          const check = async (expected: 'failed' | 'delivered') =>
            describeFindings(
              await checkDeliveries({
                databaseUrl: product.database.auditorUrl,
                routes: [{ ...checked, files: checked.files.map((file) => ({ ...file, expect: expected })) }],
              }),
            );

          const watch = watchTargets([
            {
              directory: disk.directory,
              files: checked.files.map((file) => ({
                ...file,
                formerBytes: checked.existing && OLDER_BYTES,
              })),
            },
          ]);
          await disk.leaveFree(step * STEP);
          const refused = await product.run(checked.name);
          expect(refused.state).toBe('failed');
          expect(refused.transfers[0]).toMatchObject({ state: 'failed', errorCode: 'disk_full' });
          // What a broken upload left goes over a new session, after the failure is on record.
          await expect.poll(() => temporaries(disk), { timeout: 20_000 }).toEqual([]);
          expect(await check('failed')).toEqual([]);
          const incidents = await product.store.db.incident.findMany({ where: { runId: refused.id } });
          expect(incidents).toMatchObject([{ kind: 'run_failed', state: 'open' }]);

          await disk.makeRoom();
          const delivered = await product.run(checked.name);
          expect(delivered.state).toBe('delivered');
          expect(await check('delivered')).toEqual([]);
          await watch.stop();
          expect(watch.sightings).toEqual([]);
          await rm(join(checked.destination.root, checked.destination.path, checked.files[0]!.name));
        },
      );

      /** A route for one file of its own, to the small disk. */
      async function arrange(name: string, older: Buffer | undefined): Promise<CheckedRoute> {
        const file = `${name}.bin`;
        const bytes = randomBytes(FILE_BYTES);
        const folder = `/out-${name}`;
        const source = direction === 'pull' ? server.root : join(product.home, 'outbox');
        if (direction === 'pull')
          await server.plant(folder, (directory) => writeFile(join(directory, file), bytes));
        else {
          await mkdir(join(source, folder));
          await writeFile(join(source, folder, file), bytes);
        }
        if (older) {
          await writeFile(join(disk.directory, file), older);
          // As if the partner's own program had put it there.
          if (process.getuid?.() === 0) await chown(join(disk.directory, file), 21_021, 21_021);
        }
        const partner = anFtpsEndpoint({
          name: 'partner',
          host: server.host,
          port: server.port,
          mode: 'explicit',
          username: server.username,
          tls: { ca: [server.caPem] },
        });
        const here = { endpoint: direction === 'pull' ? 'ours' : 'outbox' };
        const there = { endpoint: 'partner' };
        const [from, to] = direction === 'pull' ? [there, here] : [here, there];
        await product.apply(
          [
            partner,
            aLocalEndpoint('outbox', join(product.home, 'outbox')),
            aLocalEndpoint('ours', ours!.root),
          ],
          [
            aRoute(
              name,
              { ...from, path: folder },
              { ...to, path: '/small' },
              {
                lanes: 1,
                destination: { onExisting: 'overwrite' },
                afterDelivery: { source: 'delete' },
                retry: { maxAttempts: 1, firstDelayMs: 100, factor: 1, maxDelayMs: 100, jitter: 0 },
              },
            ),
          ],
        );
        return {
          name,
          source: { root: source, path: folder },
          destination: { root: disk.root, path: '/small' },
          files: [{ name: file, sizeBytes: FILE_BYTES, sha256: sha256(bytes) }],
          disposition: 'delete',
          ...(older && { existing: [{ name: file, sha256: sha256(older) }] }),
        };
      }
    });

    async function temporaries(disk: SmallDisk): Promise<string[]> {
      return (await readdir(disk.directory)).filter((name) => name.startsWith('.waybill-'));
    }
  });
});
