import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FtpsEndpoint } from '#domain';
import { openFtpsSession } from '#ftps';
import { Witness } from '#ftps/testing';
import { describeSessionConformance, type SessionHarness } from '#protocol/testing';
import { describeWithDocker, type FtpServer, startFtpServer } from './support/index.ts';

const signal = new AbortController().signal;

function endpointAt(server: FtpServer, changes: Partial<FtpsEndpoint> = {}): FtpsEndpoint {
  return {
    name: 'partner',
    maxSessions: 4,
    protocol: 'ftps',
    mode: 'explicit',
    host: server.host,
    port: server.port,
    username: server.username,
    password: { env: 'UNUSED' },
    tls: {
      minVersion: 'TLSv1.2',
      ca: [server.caPem],
      pins: [],
      // Pure-FTPd hands out no usable ticket on TLS 1.3.
      sessionReuse: 'preferred',
      dataProtection: 'private',
    },
    passive: { addressPolicy: 'control_host' },
    encoding: 'utf8',
    ...changes,
  };
}

async function harnessOn(kind: 'vsftpd' | 'proftpd' | 'pure_ftpd'): Promise<SessionHarness> {
  const server = await startFtpServer({ kind, mode: 'explicit', tls: '1.3' });
  const onDisk = (path: string) => join(server.root, path);
  return {
    open: (observer = new Witness()) =>
      openFtpsSession({ endpoint: endpointAt(server), password: server.password }, observer, signal),
    root: '/in',
    peek: (path) => readFile(onDisk(path)).catch(() => undefined),
    plant: async (path, bytes) => {
      await server.plant(dirname(path), async (directory) => {
        await mkdir(directory, { recursive: true });
        await writeFile(onDisk(path), bytes);
      });
    },
    cleanup: () => server.stop(),
  };
}

/** The questions that partner-sim and local directories answer, asked of real servers. */
describeWithDocker('the port of every adapter on real servers', () => {
  for (const kind of ['vsftpd', 'proftpd', 'pure_ftpd'] as const)
    describeSessionConformance(kind, () => harnessOn(kind));
});

describeWithDocker('a server that keeps in step', () => {
  let server: FtpServer;

  beforeAll(async () => {
    server = await startFtpServer({ kind: 'vsftpd', mode: 'explicit', tls: '1.3' });
  });
  afterAll(() => server.stop());

  describe('vsftpd with commands sent ahead', () => {
    it('delivers many files whole, every data connection resumed', async () => {
      const files = new Map(
        Array.from({ length: 200 }, (_, index) => [`f${index}`, randomBytes(index * 97)]),
      );
      await server.plant('out', async (directory) => {
        for (const [name, bytes] of files) await writeFile(join(directory, name), bytes);
      });
      const witness = new Witness();
      const session = await openFtpsSession(
        { endpoint: endpointAt(server, { pipelining: true }), password: server.password },
        witness,
        signal,
      );
      const { entries } = await session.list('/out', signal);
      expect(entries).toHaveLength(files.size);
      for (const { name, path, sizeBytes } of entries) {
        const chunks: Buffer[] = [];
        const sink = (chunk: Buffer) => void chunks.push(Buffer.from(chunk));
        await session.read(path, sink, signal, { statedSizeBytes: sizeBytes! });
        expect(Buffer.concat(chunks).equals(files.get(name)!)).toBe(true);
      }
      const writer = await session.openWrite('/in/up', signal);
      await writer.write(randomBytes(100_000));
      await writer.finish();
      expect((await session.stat('/in/up', signal))?.sizeBytes).toBe(100_000n);
      await session.close();
      const data = witness.negotiations.filter(({ channel }) => channel === 'data');
      expect(data.length).toBe(files.size + 2);
      expect(data.every(({ resumed, verdict }) => resumed && verdict === 'accepted')).toBe(true);
    });
  });
});
