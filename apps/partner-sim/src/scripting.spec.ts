import { createPublicKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RawClient } from '../testing/raw-client.ts';
import { issueCertificate, makeAuthority, selfSignedCertificate } from './certificates.ts';
import { type PartnerSim, type PartnerSimOptions, startPartnerSim } from './partner-sim.ts';

const content = Buffer.alloc(3_000, 'what a file holds ');

let root: string;
let sim: PartnerSim;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'partner-sim-'));
  await mkdir(join(root, 'in'));
  await writeFile(join(root, 'a.csv'), content);
});

afterEach(async () => {
  await sim.close();
  await rm(root, { recursive: true, force: true });
});

async function start(options: Partial<PartnerSimOptions> = {}): Promise<void> {
  sim = await startPartnerSim({ root, username: 'user', password: 'not a secret', ...options });
}

async function loggedIn(options: Partial<PartnerSimOptions> = {}): Promise<RawClient> {
  await start(options);
  return RawClient.logIn(sim);
}

describe('wire', () => {
  it.each([
    ['fin', { afterBytes: 2_500 }],
    ['reset', { afterBytes: 2_500 }],
  ] as const)('%s: a connection ends below TLS at that byte', async (does, { afterBytes }) => {
    const client = await loggedIn({
      faults: { wire: (_, { verb }) => (verb === 'RETR' ? { afterBytes, does } : undefined) },
    });
    const { raw } = await client.begin('RETR /a.csv');
    const ended = once(raw, 'close');
    await client
      .protect(raw)
      .then(buffer, () => undefined)
      .catch(() => undefined);
    await ended;
    expect(raw.bytesRead).toBeLessThanOrEqual(afterBytes);
    if (does === 'fin') expect(raw.bytesRead).toBe(afterBytes);
  });

  it('stall: so many bytes leave, and no more', async () => {
    const client = await loggedIn({
      faults: { wire: (_, { verb }) => (verb === 'RETR' ? { afterBytes: 20, does: 'stall' } : undefined) },
    });
    const { raw } = await client.begin('RETR /a.csv');
    client.protect(raw).catch(() => undefined);
    while (raw.bytesRead < 20) await new Promise(setImmediate);
    await client.ask('ABOR');
    expect(raw.bytesRead).toBe(20);
  });

  it('dripMs: the rest comes byte by byte, and whole', async () => {
    const client = await loggedIn({
      faults: {
        wire: (_, { verb }) => (verb === 'RETR' ? { afterBytes: 4_300, does: { dripMs: 1 } } : undefined),
      },
    });
    const { raw } = await client.begin('RETR /a.csv');
    expect((await buffer(await client.protect(raw))).equals(content)).toBe(true);
    expect(await client.reply()).toMatch(/^226/);
  });

  it('bytes: foreign ones in between break the handshake', async () => {
    await start({ faults: { wire: () => ({ does: { bytes: Buffer.from('hello') } }) } });
    await expect(RawClient.logIn(sim)).rejects.toMatchObject({ code: expect.stringContaining('SSL') });
  });
});

describe('at any time', () => {
  it('say: unasked, and in the middle of a transfer', async () => {
    const client = await loggedIn({ faults: { stallDownloadAfterBytes: 10 } });
    sim.say('226 By the way.\r\n');
    expect(await client.reply()).toBe('226 By the way.');
    const { raw } = await client.begin('RETR /a.csv');
    const data = await client.protect(raw);
    await once(data, 'data');
    sim.say('421 Going');
    sim.say(' down.\r\n');
    expect(await client.reply()).toBe('421 Going down.');
  });

  it.each(['end', 'reset'] as const)(
    'hangUp %s: the control connection goes, the transfer is finished',
    async (how) => {
      const client = await loggedIn();
      sim.faults.content = ({ verb }) =>
        verb === 'RETR'
          ? (function* () {
              yield 'one';
              sim.hangUp(how);
              yield 'two';
            })()
          : undefined;
      const { raw } = await client.begin('RETR /a.csv');
      expect((await buffer(await client.protect(raw))).toString()).toBe('onetwo');
      await expect(client.reply()).rejects.toThrow('closed');
    },
  );

  it('renegotiate: TLS 1.2 shakes hands again', async () => {
    await start({ tls: { maxVersion: 'TLSv1.2' } });
    const client = await RawClient.logIn(sim);
    const again = once(client.socket, 'secure');
    sim.renegotiate();
    await again;
    expect(await client.ask('NOOP')).toBe('200 Still here.');
  });

  it('commands: each one as it was heard, with its circumstances', async () => {
    const client = await loggedIn({ faults: { stallDownloadAfterBytes: 10 } });
    const { raw } = await client.begin('RETR /a.csv');
    await once(await client.protect(raw), 'data');
    await client.ask('ABOR');
    expect(sim.commands).toMatchObject([
      { verb: 'AUTH', argument: 'TLS', secured: false, duringTransfer: false },
      { verb: 'USER', argument: 'user', secured: true },
      { verb: 'PASS', argument: 'not a secret' },
      { verb: 'PBSZ' },
      { verb: 'PROT' },
      { verb: 'EPSV' },
      { verb: 'RETR', argument: '/a.csv', duringTransfer: false },
      { verb: 'ABOR', secured: true, duringTransfer: true },
    ]);
  });
});

describe('data connections', () => {
  it('no_resumption: a full handshake with the same certificate', async () => {
    const client = await loggedIn({ faults: { dataChannel: 'no_resumption' } });
    const { raw } = await client.begin('RETR /a.csv');
    const data = await client.protect(raw);
    expect(data.isSessionReused()).toBe(false);
    const control = client.socket as typeof data;
    expect(data.getPeerCertificate().fingerprint256).toBe(control.getPeerCertificate().fingerprint256);
    expect((await buffer(data)).equals(content)).toBe(true);
  });

  it('silent: takes the connection and says nothing', async () => {
    const client = await loggedIn({ faults: { dataChannel: 'silent' } });
    const { raw } = await client.begin('RETR /a.csv');
    raw.end('whatever');
    expect(await client.reply()).toMatch(/^425/);
    expect(raw.bytesRead).toBe(0);
  });

  it('dataHost: another address of this machine, stated by PASV', async () => {
    const client = await loggedIn({ faults: { dataHost: '127.0.0.2' } });
    expect(await client.ask('PASV')).toContain('(127,0,0,2,');
  });

  it('keepUploadBytes: keeps a part and confirms the whole', async () => {
    const client = await loggedIn({ faults: { keepUploadBytes: 10 } });
    expect(await client.upload('/in/b', content)).toMatch(/^226/);
    expect(await readFile(join(root, 'in/b'))).toEqual(content.subarray(0, 10));
  });
});

describe('names', () => {
  it('foldsNames: two spellings are one file', async () => {
    const client = await loggedIn({ foldsNames: true });
    await writeFile(join(root, 'in/Caf\u00e9.csv'), 'first');
    expect(await client.ask('SIZE /in/cafe\u0301.CSV')).toBe('213 5');
    await client.ask('RNFR /a.csv');
    expect(await client.ask('RNTO /in/CAFE\u0301.csv')).toMatch(/^553/);
    expect(await readdir(join(root, 'in'))).toEqual(['Caf\u00e9.csv']);
  });
});

describe('TLS', () => {
  it('ticketKeys: two servers with the same keys resume each other’s sessions', async () => {
    const tls = { ticketKeys: Buffer.alloc(48, 7), maxVersion: 'TLSv1.2' } as const;
    const client = await loggedIn({ tls });
    const session = (
      client.socket as ReturnType<RawClient['tlsOver']> extends Promise<infer T> ? T : never
    ).getSession();
    const other = await startPartnerSim({ root, username: 'user', password: 'x', tls });
    const stranger = await RawClient.connect(other);
    await stranger.reply();
    await stranger.ask('AUTH TLS');
    const secured = await stranger.tlsOver(stranger.socket, session);
    expect(secured.isSessionReused()).toBe(true);
    await other.close();
  });

  it('clientAuthority: a client without a certificate is refused', async () => {
    await start({ tls: { clientAuthority: makeAuthority({ commonName: 'Clients' }).certificatePem } });
    await expect(RawClient.logIn(sim)).rejects.toThrow();
    expect(sim.commands.map(({ verb }) => verb)).not.toContain('PASS');
  });

  it('clientHello: what the client offered stands with its handshake', async () => {
    await loggedIn();
    expect([...sim.handshakes[0]!.clientHello.subarray(0, 2)]).toEqual([0x16, 0x03]);
  });
});

describe('certificates', () => {
  const authority = makeAuthority({ commonName: 'Authority' });
  const request = { commonName: 'localhost', dnsNames: ['localhost'] };
  const spki = (pem: string) => createPublicKey(pem).export({ type: 'spki', format: 'pem' });

  it('keyOf: a renewed one has the same key and is another certificate', async () => {
    await start();
    const old = issueCertificate(authority, request);
    const renewed = issueCertificate(authority, { ...request, keyOf: old });
    expect(spki(renewed.certificatePem)).toBe(spki(old.certificatePem));
    expect(renewed.certificatePem).not.toBe(old.certificatePem);
  });

  it('selfSignedCertificate, rsa_1024 and sha1 are what they are called', async () => {
    await start();
    const self = new X509Certificate(selfSignedCertificate(request).certificatePem);
    expect(self.verify(self.publicKey)).toBe(true);
    const weak = new X509Certificate(
      issueCertificate(authority, { ...request, keyType: 'rsa_1024' }).certificatePem,
    );
    expect(weak.publicKey.asymmetricKeyDetails?.modulusLength).toBe(1024);
    const old = new X509Certificate(
      issueCertificate(authority, { ...request, signedWith: 'sha1' }).certificatePem,
    );
    expect(old.signatureAlgorithm).toMatch(/sha1/i);
    expect(old.verify(createPublicKey(authority.certificatePem))).toBe(true);
  });
});
