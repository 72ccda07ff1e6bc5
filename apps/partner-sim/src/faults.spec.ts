import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RawClient, recordTypes } from '../testing/raw-client.ts';
import type { Faults } from './faults.ts';
import { type PartnerSim, type PartnerSimOptions, startPartnerSim } from './partner-sim.ts';

/** Each fault as a client sees it on the wire. */
const content = randomBytes(300_000);
let root: string;
let sim: PartnerSim;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'waybill-faults-'));
  await mkdir(join(root, 'in'));
  await writeFile(join(root, 'a.csv'), content);
});

afterEach(async () => {
  await sim.close();
  await rm(root, { recursive: true, force: true });
});

async function start(faults: Faults, options: Partial<PartnerSimOptions> = {}): Promise<void> {
  sim = await startPartnerSim({ root, username: 'acme', password: 'right', faults, ...options });
}

async function loggedIn(faults: Faults, options: Partial<PartnerSimOptions> = {}): Promise<RawClient> {
  await start(faults, options);
  return RawClient.logIn(sim);
}

describe('before the login', () => {
  it('banner silent: no greeting, though it listens', async () => {
    await start({ banner: 'silent' });
    const client = await RawClient.connect(sim);
    expect(await client.ask('NOOP')).toMatch(/^200/);
  });

  it('banner http: a web server answers and closes', async () => {
    await start({ banner: 'http' });
    const client = await RawClient.connect(sim);
    await once(client.socket, 'close');
    expect(client.pieces.join('')).toMatch(/^HTTP\/1\.1 400/);
  });

  it('authTls refuse: 502', async () => {
    await start({ authTls: 'refuse' });
    const client = await RawClient.connect(sim);
    await client.reply();
    expect(await client.ask('AUTH TLS')).toMatch(/^502/);
  });

  it('authTls accept_then_plain: goes on in clear after 234, and what the client says then is on record', async () => {
    await start({ authTls: 'accept_then_plain' });
    const client = await RawClient.connect(sim);
    await client.reply();
    expect(await client.ask('AUTH TLS')).toMatch(/^234/);
    expect(await client.reply()).toBe('220 Still in clear.');
    expect(await client.ask('USER acme')).toMatch(/^530/);
    expect(sim.clearBytes().toString()).toBe('AUTH TLS\r\nUSER acme\r\n');
  });

  it('authTls inject: a clear reply arrives in one piece with 234', async () => {
    await start({ authTls: 'inject' });
    const client = await RawClient.connect(sim);
    await client.reply();
    await client.ask('AUTH TLS');
    expect(client.pieces.at(-1)).toBe('234 Go ahead.\r\n230 Welcome.\r\n');
  });

  it('loginReply: any answer to the right password', async () => {
    const client = await loggedIn({ loginReply: '421 Too many sessions.' });
    expect(await client.ask('PASS right')).toBe('421 Too many sessions.');
    expect(await client.ask('MLSD')).toMatch(/^530/);
  });

  it('prot refuse: 534, and no transfer without it', async () => {
    const client = await loggedIn({ prot: 'refuse' });
    expect(await client.ask('PROT P')).toMatch(/^534/);
    expect((await client.begin('RETR /a.csv')).reply).toMatch(/^522/);
  });
});

describe('the data connection', () => {
  it('clear: the file itself without TLS, after an ordinary 150', async () => {
    const client = await loggedIn({ dataChannel: 'clear' });
    const { raw, reply } = await client.begin('RETR /a.csv');
    expect(reply).toMatch(/^150/);
    expect((await buffer(raw)).equals(content)).toBe(true);
    expect(await client.reply()).toMatch(/^226/);
  });

  it('clear: what a client uploads that way is on record', async () => {
    const client = await loggedIn({ dataChannel: 'clear' });
    const { raw } = await client.begin('STOR /in/b');
    raw.resume().end('not a secret any more');
    expect(await client.reply()).toMatch(/^226/);
    expect(sim.clearBytes().toString()).toContain('not a secret any more');
  });

  it('close: ends before the handshake', async () => {
    const client = await loggedIn({ dataChannel: 'close' });
    const { raw } = await client.begin('RETR /a.csv');
    expect((await buffer(raw)).length).toBe(0);
    expect(await client.reply()).toMatch(/^425/);
  });

  it('other_certificate: a full handshake with another leaf of the same authority', async () => {
    const client = await loggedIn({ dataChannel: 'other_certificate' });
    const { raw } = await client.begin('RETR /a.csv');
    const data = await client.protect(raw);
    expect(data.isSessionReused()).toBe(false);
    expect(data.authorized).toBe(true);
    const control = client.socket as typeof data;
    expect(data.getPeerCertificate().fingerprint256).not.toBe(control.getPeerCertificate().fingerprint256);
    expect((await buffer(data)).equals(content)).toBe(true);
  });

  it('truncateDownloadAfterBytes: ends cleanly and is confirmed', async () => {
    const client = await loggedIn({ truncateDownloadAfterBytes: 70_000 });
    const { bytes, final } = await client.download('RETR /a.csv');
    expect(bytes.equals(content.subarray(0, 70_000))).toBe(true);
    expect(final).toMatch(/^226/);
  });

  it('resetDownloadAfterBytes: ECONNRESET', async () => {
    const client = await loggedIn({ resetDownloadAfterBytes: 70_000 });
    const { raw } = await client.begin('RETR /a.csv');
    await expect(buffer(await client.protect(raw))).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(await client.reply()).toMatch(/^426/);
  });

  it('stallDownloadAfterBytes: so many bytes, then nothing, until ABOR', async () => {
    const client = await loggedIn({ stallDownloadAfterBytes: 70_000 });
    const { raw } = await client.begin('RETR /a.csv');
    const data = await client.protect(raw);
    let received = 0;
    while (received < 70_000) received += ((await once(data, 'data')) as [Buffer])[0].length;
    expect(await client.ask('ABOR')).toMatch(/^426/);
    expect(await client.reply()).toMatch(/^226/);
    expect([received, data.bytesRead]).toEqual([70_000, 70_000]);
  });

  it('stallUploadAfterBytes: reads so far, then nothing, until ABOR', async () => {
    const client = await loggedIn({ stallUploadAfterBytes: 70_000 });
    const { raw } = await client.begin('STOR /in/b');
    const data = await client.protect(raw);
    data.resume().write(content);
    while ((await stat(join(root, 'in/b'))).size < 70_000) await new Promise(setImmediate);
    expect(await client.ask('ABOR')).toMatch(/^426/);
    expect((await stat(join(root, 'in/b'))).size).toBeLessThan(content.length);
  });

  it.each([
    [false, 21],
    [true, 23],
  ])('omitCloseNotify %s: the last record is of type %i', async (omitCloseNotify, last) => {
    const client = await loggedIn({ omitCloseNotify }, { tls: { maxVersion: 'TLSv1.2' } });
    const { raw } = await client.begin('RETR /a.csv');
    const { end, types } = recordTypes(raw);
    const data = await client.protect(end);
    expect((await buffer(data)).equals(content)).toBe(true);
    expect(types.at(-1)).toBe(last);
    expect(await client.reply()).toMatch(/^226/);
  });

  it('diskFullAfterBytes: 452, and no more than that on the disk', async () => {
    const client = await loggedIn({ diskFullAfterBytes: 100_000 });
    expect(await client.upload('/in/b', content)).toMatch(/^452/);
    expect((await stat(join(root, 'in/b'))).size).toBeLessThanOrEqual(100_000);
  });
});

describe('replies', () => {
  it('splitReplies: every byte alone, also around AUTH', async () => {
    const client = await loggedIn({ splitReplies: true });
    client.pieces = [];
    expect(await client.ask('NOOP')).toBe('200 Still here.');
    expect(client.pieces).toEqual([...'200 Still here.\r\n']);
    expect((await client.download('RETR /a.csv')).bytes.equals(content)).toBe(true);
  });

  it('replyDelayMs: none comes earlier', async () => {
    const client = await loggedIn({});
    sim.faults.replyDelayMs = 80;
    const before = performance.now();
    await client.ask('NOOP');
    expect(performance.now() - before).toBeGreaterThan(75);
  });

  it('finalReply missing: the next thing said is the answer to the next command', async () => {
    const client = await loggedIn({ finalReply: 'missing' });
    const { raw } = await client.begin('RETR /a.csv');
    await buffer(await client.protect(raw));
    expect(await client.ask('NOOP')).toMatch(/^200/);
  });

  it('finalReply early: 226 before the first byte, and no second one', async () => {
    const client = await loggedIn({ finalReply: 'early', stallDownloadAfterBytes: 0 });
    const { raw } = await client.begin('RETR /a.csv');
    const data = await client.protect(raw);
    expect(await client.reply()).toMatch(/^226/);
    expect(data.bytesRead).toBe(0);
    data.destroy();
    expect(await client.ask('NOOP')).toMatch(/^200/);
  });

  it('extraReply: one more than asked for', async () => {
    const client = await loggedIn({ extraReply: true });
    expect((await client.download('RETR /a.csv')).final).toMatch(/^226/);
    expect(await client.reply()).toBe('200 By the way.');
  });
});

describe('names and sizes', () => {
  it('lieAboutSizeBy: SIZE, MLST and MLSD tell the same lie', async () => {
    const client = await loggedIn({ lieAboutSizeBy: 7 });
    expect(await client.ask('SIZE /a.csv')).toBe('213 300007');
    expect(await client.ask('MLST /a.csv')).toContain('size=300007;');
    const { bytes } = await client.download('MLSD /');
    expect(bytes.toString()).toMatch(/size=300007;modify=\d{14}\.\d{3}; a\.csv\r\n/);
  });

  it('hideFile: nothing shows it, and yet its name is taken', async () => {
    const client = await loggedIn({ hideFile: '/in/b' });
    await writeFile(join(root, 'in/b'), 'theirs');
    for (const verb of ['SIZE', 'MLST', 'MDTM']) expect(await client.ask(`${verb} /in/b`)).toMatch(/^550/);
    expect((await client.download('MLSD /in')).bytes.length).toBe(0);
    await client.ask('RNFR /a.csv');
    expect(await client.ask('RNTO /in/b')).toMatch(/^553/);
    expect(await readFile(join(root, 'in/b'), 'utf8')).toBe('theirs');
  });

  it('renameReply: says so and does nothing', async () => {
    const client = await loggedIn({ renameReply: '250 Renamed, believe me.' });
    await client.ask('RNFR /a.csv');
    expect(await client.ask('RNTO /in/b')).toBe('250 Renamed, believe me.');
    expect(await readdir(join(root, 'in'))).toEqual([]);
  });

  it.each([
    ['before', []],
    ['after', ['b']],
  ] as const)('dieAtRename %s: the connection breaks without an answer', async (dieAtRename, names) => {
    const client = await loggedIn({ dieAtRename });
    await client.ask('RNFR /a.csv');
    await expect(client.ask('RNTO /in/b')).rejects.toThrow('closed');
    expect(await readdir(join(root, 'in'))).toEqual(names);
  });
});

describe('scripts', () => {
  it('any reply can be another one, in any pieces, at any time', async () => {
    const client = await loggedIn({
      answer: (_, { verb }) => (verb === 'SIZE' ? ['213 12', { pauseMs: 5 }, '345\r\n'] : undefined),
    });
    client.pieces = [];
    expect(await client.ask('SIZE /a.csv')).toBe('213 12345');
    expect(client.pieces).toEqual(['213 12', '345\r\n']);
    expect(await client.ask('NOOP')).toBe('200 Still here.');
  });

  it('no piece is silence, and the greeting can be scripted', async () => {
    await start({ answer: (reply, { verb }) => (verb === '' ? [] : [`${reply} Scripted.\r\n`]) });
    const client = await RawClient.connect(sim);
    expect(await client.ask('NOOP')).toBe('200 Still here. Scripted.');
  });

  it('a reply without end lasts until the client goes, and takes no memory', async () => {
    let sent = 0;
    const client = await loggedIn({});
    sim.faults.answer = function* () {
      for (; ; sent += 1024) yield `220-${'x'.repeat(1018)}\r\n`;
    };
    client.send('NOOP\r\n');
    client.socket.pause();
    while (sent < 1_000_000) await new Promise(setImmediate);
    client.close();
    while (sim.sessions() > 0) await new Promise(setImmediate);
    const atEnd = sent;
    await new Promise(setImmediate);
    expect(sent).toBe(atEnd);
  });

  it('a reply can be the end of the connection', async () => {
    const client = await loggedIn({});
    sim.faults.answer = () => ['2', { close: 'end' }];
    client.send('NOOP\r\n');
    await once(client.socket, 'end');
    expect(client.pieces.at(-1)).toBe('2');
  });

  it('a reply can be the reset of the connection', async () => {
    const client = await loggedIn({});
    sim.faults.answer = () => ['2', { close: 'reset' }];
    client.send('NOOP\r\n');
    await expect(once(client.socket, 'never')).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('a listing can be anything', async () => {
    const hostile = 'type=file;size=1; ../../etc/passwd\r\ntype=file;size=1; a\x1b[2J\r\n';
    const client = await loggedIn({ content: ({ verb }) => (verb === 'MLSD' ? [hostile] : undefined) });
    expect((await client.download('MLSD /')).bytes.toString()).toBe(hostile);
    expect((await client.download('RETR /a.csv')).bytes.equals(content)).toBe(true);
  });
});
