import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aLocalEndpoint, anFtpsEndpoint, aRoute } from '../support/builders.ts';
import { type PlantedFile, plantFileSet, sha256Of } from '../support/file-set.ts';
import { type FinishedRun, type Product, startProduct } from '../support/product.ts';
import { watchDirectory } from '../support/watch-directory.ts';
import { describeWithDocker, type FtpServer, startFtpServer } from './support/index.ts';

const MIB = 1024 * 1024;
const FILES = 200;
const LARGE_BYTES = 300 * MIB;

const MATRIX = (['vsftpd', 'proftpd', 'pure_ftpd'] as const).flatMap((kind) =>
  (['explicit', 'implicit'] as const)
    // Pure-FTPd has no implicit mode.
    .filter((mode) => !(kind === 'pure_ftpd' && mode === 'implicit'))
    .flatMap((mode) => (['1.2', '1.3'] as const).map((tls) => ({ kind, mode, tls }))),
);

describeWithDocker('200 files in both directions', () => {
  describe.each(MATRIX)('$kind, $mode, TLS $tls', ({ kind, mode, tls }) => {
    let server: FtpServer;
    let product: Product;

    beforeAll(async () => {
      server = await startFtpServer({ kind, mode, tls });
      product = await startProduct({ secrets: { PARTNER_PASSWORD: server.password } });
      const partner = anFtpsEndpoint({
        name: 'partner',
        host: server.host,
        port: server.port,
        mode,
        username: server.username,
        // Pure-FTPd offers no usable ticket under TLS 1.3 and demands none.
        tls: { ca: [server.caPem], sessionReuse: kind === 'pure_ftpd' ? 'preferred' : 'required' },
      });
      const local = aLocalEndpoint('local', join(product.home, 'local'));
      await mkdir(join(local.root, 'inbox'), { recursive: true });
      await product.apply(
        [partner, local],
        [
          aRoute('pull', { endpoint: 'partner', path: '/out' }, { endpoint: 'local', path: '/inbox' }),
          aRoute('push', { endpoint: 'local', path: '/outbox' }, { endpoint: 'partner', path: '/in' }),
        ],
      );
    });

    afterAll(async () => {
      await product?.close();
      await server?.stop();
    });

    it('pulls every file byte-identical, none visible before it is complete, every handshake recorded', async () => {
      const planted = await server.plant('/out', (directory) => plantFileSet(directory, FILES, LARGE_BYTES));
      const inbox = join(product.home, 'local/inbox');
      await check('pull', planted, inbox);
      await rm(inbox, { recursive: true });
    });

    it('pushes every file byte-identical, none visible before it is complete, every handshake recorded', async () => {
      const planted = await plantFileSet(join(product.home, 'local/outbox'), FILES, LARGE_BYTES);
      await check('push', planted, join(server.root, 'in'));
    });

    async function check(route: string, planted: PlantedFile[], target: string): Promise<void> {
      const before = (await server.tlsConnections()).length;
      const watch = watchDirectory(target, planted);
      const run = await product.run(route, 240_000);
      await watch.stop();
      expect(summary(run)).toEqual({ state: 'delivered', states: { delivered: planted.length } });
      expect(await hashesIn(target)).toEqual(new Map(planted.map((file) => [file.name, file.sha256])));
      expect(
        new Map(
          run.transfers.map((transfer) => [transfer.destinationPath.split('/').at(-1), transfer.sha256]),
        ),
      ).toEqual(new Map(planted.map((file) => [file.name, file.sha256])));
      expect(watch.looks).toBeGreaterThan(10);
      expect(watch.partial).toEqual([]);
      await expectSameNegotiations(run, before);
    }

    /** The server's own log is the witness: as many connections, of the same protocol and cipher. */
    async function expectSameNegotiations(run: FinishedRun, before: number): Promise<void> {
      const rows = await product.store.db.tlsNegotiation.findMany({ where: { runId: run.id } });
      // A server may write its log a moment after the client is done.
      await expect
        .poll(async () => (await server.tlsConnections()).length - before, { timeout: 10_000 })
        .toBeGreaterThanOrEqual(rows.length);
      const logged = (await server.tlsConnections()).slice(before);
      expect(logged.length).toBeGreaterThan(FILES);
      const count = (list: { channel: string; protocol: string | null; cipher: string | null }[]) =>
        Object.fromEntries(
          Object.entries(Object.groupBy(list, (row) => `${row.channel} ${row.protocol} ${row.cipher}`)).map(
            ([key, group]) => [key, group?.length],
          ),
        );
      expect(count(rows)).toEqual(count(logged));
      expect(rows.every((row) => row.verdict === 'accepted' && row.protocol === `TLSv${tls}`)).toBe(true);
      const data = rows.filter((row) => row.channel === 'data');
      expect(data.every((row) => row.attemptId !== null || ['MLSD', 'LIST'].includes(row.command))).toBe(
        true,
      );
      if (kind !== 'pure_ftpd')
        expect(data.every((row) => row.resumed && row.resumedFrom !== null)).toBe(true);
    }
  });
});

function summary(run: FinishedRun) {
  const states = Object.groupBy(run.transfers, (transfer) =>
    [transfer.state, transfer.errorCode, transfer.errorDetail].filter(Boolean).join(' '),
  );
  return {
    state: run.state,
    states: Object.fromEntries(Object.entries(states).map(([state, list]) => [state, list?.length])),
  };
}

async function hashesIn(directory: string): Promise<Map<string, string>> {
  const names = await readdir(directory);
  return new Map(
    await Promise.all(names.map(async (name) => [name, await sha256Of(join(directory, name))] as const)),
  );
}
