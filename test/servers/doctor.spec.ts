import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CapabilityProfile, Finding, TlsNegotiation } from '#domain';
import { type Examination, examineEndpoint } from '#ftps';
import { anFtpsEndpoint } from '../support/builders.ts';
import { describeWithDocker, type FtpServer, startFtpServer } from './support/index.ts';

interface Expected {
  kind: 'vsftpd' | 'proftpd' | 'pure_ftpd';
  mode: 'explicit' | 'implicit';
  tls: '1.2' | '1.3';
  profile: Partial<CapabilityProfile>;
  failed?: string[];
}

/** As each of them behaves with the configuration in test/images; the doctor has to find it out by itself. */
const SERVERS: Expected[] = (['1.2', '1.3'] as const).flatMap((tls): Expected[] => [
  {
    kind: 'vsftpd',
    mode: tls === '1.2' ? 'implicit' : 'explicit',
    tls,
    profile: {
      sessionReuse: 'demanded',
      listing: 'list',
      dialect: 'unix',
      hashes: [],
      restart: true,
      pipelining: true,
    },
  },
  {
    kind: 'proftpd',
    mode: 'explicit',
    tls,
    profile: {
      sessionReuse: 'demanded',
      listing: 'mlsd',
      hashes: ['SHA-512', 'SHA-256', 'SHA-1', 'MD5', 'CRC32'],
      restart: true,
      pipelining: false,
    },
  },
  {
    kind: 'pure_ftpd',
    mode: 'explicit',
    tls,
    // No usable ticket under TLS 1.3; and EPSV is answered with 500 while a download is under way.
    profile: {
      sessionReuse: tls === '1.2' ? 'offered' : 'never',
      listing: 'mlsd',
      hashes: [],
      restart: true,
      pipelining: false,
    },
    failed: tls === '1.2' ? [] : ['session_reuse'],
  },
]);

describeWithDocker('the doctor', () => {
  describe.each(SERVERS)('at $kind, $mode, TLS $tls', ({ kind, mode, tls, profile, failed = [] }) => {
    let server: FtpServer;
    let seen: TlsNegotiation[];
    let examination: Examination;
    let tookMs: number;

    beforeAll(async () => {
      server = await startFtpServer({ kind, mode, tls });
      seen = [];
      const since = performance.now();
      examination = await examine('/in');
      tookMs = performance.now() - since;
    });
    afterAll(() => server?.stop());

    function examine(folder: string | undefined): Promise<Examination> {
      const endpoint = anFtpsEndpoint({
        name: 'partner',
        host: server.host,
        port: server.port,
        mode,
        username: server.username,
        tls: { ca: [server.caPem] },
      });
      const observer = {
        negotiated: (fact: TlsNegotiation) => void seen.push(fact),
        negotiationClosed: () => {},
        transcript: () => {},
      };
      const { password } = server;
      return examineEndpoint(
        { endpoint, password, folder },
        observer,
        () => {},
        AbortSignal.timeout(120_000),
      );
    }

    it('finds out what it can do', () => {
      expect(examination.profile).toMatchObject({
        tlsVersions: [`TLSv${tls}`],
        epsv: true,
        passive: 'same_address',
        renameReplaces: true,
        ...profile,
      });
      expect(Math.abs(examination.profile!.clockSkewMs!)).toBeLessThan(2_000);
    });

    it('complains about nothing that works', () => {
      const complaints = examination.findings.filter(({ outcome }) => outcome === 'failed');
      expect(complaints.map(({ step }: Finding) => step)).toEqual(failed);
      expect(examination.findings.filter(({ outcome }) => outcome === 'warning')).toEqual([]);
    });

    it('leaves no file behind, and is done in reasonable time', async () => {
      expect(await readdir(join(server.root, 'in'))).toEqual([]);
      expect(tookMs).toBeLessThan(45_000);
    });

    it('reports no more handshakes than it promises', () => {
      const control = seen.filter(({ channel }) => channel === 'control');
      expect(control.length).toBeLessThanOrEqual(12 + 6);
    });
  });
});
