import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { FtpsEndpoint, TransferRoute } from '#domain';
import { aLocalEndpoint, anFtpsEndpoint, aRoute } from '../support/builders.ts';
import { type FinishedRun, type Product, startProduct } from '../support/product.ts';
import { describeWithDocker, type FtpServer, startFtpServer } from './support/index.ts';

const SMALL_DISK_BYTES = 1024 * 1024;
const ONE_TRY = { retry: { maxAttempts: 1, firstDelayMs: 100, factor: 1, maxDelayMs: 100, jitter: 0 } };

describeWithDocker('real servers that say no', () => {
  describe.each(['vsftpd', 'proftpd', 'pure_ftpd'] as const)('%s', (kind) => {
    let server: FtpServer;
    let product: Product;
    let outbox: string;

    beforeAll(async () => {
      server = await startFtpServer({ kind, mode: 'explicit', tls: '1.3', smallDiskBytes: SMALL_DISK_BYTES });
    });
    afterAll(() => server?.stop());

    beforeEach(async () => {
      product = await startProduct({ secrets: { RIGHT: server.password, WRONG: 'not-the-password' } });
      outbox = join(product.home, 'outbox');
      await mkdir(outbox);
      await mkdir(join(product.home, 'inbox'));
      await writeFile(join(outbox, 'a.csv'), 'ours');
    });
    afterEach(() => product.close());

    async function run(
      from: Partial<FtpsEndpoint>,
      route: (name: string) => TransferRoute,
    ): Promise<FinishedRun> {
      const partner = anFtpsEndpoint({
        name: 'partner',
        host: server.host,
        port: server.port,
        mode: 'explicit',
        username: server.username,
        password: { env: 'RIGHT' },
        ...from,
        tls: { ca: [server.caPem], sessionReuse: kind === 'pure_ftpd' ? 'preferred' : 'required' },
      });
      await product.apply([partner, aLocalEndpoint('local', product.home)], [route('route')]);
      return product.run('route');
    }

    const push = (path: string) => (name: string) =>
      aRoute(name, { endpoint: 'local', path: '/outbox' }, { endpoint: 'partner', path }, ONE_TRY);
    const pull = (path: string) => (name: string) =>
      aRoute(name, { endpoint: 'partner', path }, { endpoint: 'local', path: '/inbox' }, ONE_TRY);
    const codes = (finished: FinishedRun) => [
      finished.state,
      finished.errorCode ?? finished.transfers[0]?.errorCode,
    ];

    it('a wrong password is auth_rejected', async () => {
      expect(codes(await run({ password: { env: 'WRONG' } }, push('/in')))).toEqual([
        'failed',
        'auth_rejected',
      ]);
    });

    it('a missing folder is path_not_found', async () => {
      expect(codes(await run({}, pull('/nowhere')))).toEqual(['failed', 'path_not_found']);
    });

    it('a folder that may not be written is permission_denied', async () => {
      await server.plant('/closed', async (directory) => chmod(directory, 0o555));
      expect(codes(await run({}, push('/closed')))).toEqual(['failed', 'permission_denied']);
    });

    it('an existing destination is destination_exists and stays as it is', async () => {
      await server.plant('/taken', (directory) => writeFile(join(directory, 'a.csv'), 'theirs'));
      expect(codes(await run({}, push('/taken')))).toEqual(['failed', 'destination_exists']);
      expect((await readFile(join(server.root, 'taken/a.csv'))).toString()).toBe('theirs');
    });

    it('a full disk ends without a delivery, with nothing left behind and the source intact', async () => {
      await writeFile(join(outbox, 'a.csv'), randomBytes(4 * SMALL_DISK_BYTES));
      const finished = await run({}, push('/small'));
      expect(finished.state).toBe('failed');
      // vsftpd and Pure-FTPd only say that writing failed; their words are in the attempt's transcript.
      expect(codes(finished)[1]).toBe(kind === 'proftpd' ? 'disk_full' : 'transfer_interrupted');
      // The tmpfs shows to clients only: a second run of another file proves that the room is free again.
      expect(await readdir(outbox)).toEqual(['a.csv']);
      await writeFile(join(outbox, 'a.csv'), randomBytes(SMALL_DISK_BYTES / 2));
      // A leftover is removed over a new session after the failure is on record.
      await expect
        .poll(async () => (await product.run('route')).state, { timeout: 20_000 })
        .toBe('delivered');
    });
  });
});
