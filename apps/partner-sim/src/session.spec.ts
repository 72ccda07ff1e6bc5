import { execFileSync } from 'node:child_process';
import { constants, createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RawClient } from '../testing/raw-client.ts';
import { type PartnerSim, type PartnerSimOptions, startPartnerSim } from './partner-sim.ts';

/** What a well-behaved server must do, asked by a client that tries everything. */
const content = randomBytes(3_000_000);
let outside: string;
let root: string;
let sim: PartnerSim;

beforeEach(async () => {
  outside = await mkdtemp(join(tmpdir(), 'waybill-sim-'));
  root = join(outside, 'root');
  await mkdir(join(root, 'in'), { recursive: true });
  await writeFile(join(root, 'a.csv'), content);
  await writeFile(join(outside, 'secret'), 'secret');
});

afterEach(async () => {
  await sim.close();
  await rm(outside, { recursive: true, force: true });
});

async function loggedIn(options: Partial<PartnerSimOptions> = {}): Promise<RawClient> {
  sim = await startPartnerSim({ root, username: 'acme', password: 'right', ...options });
  return RawClient.logIn(sim);
}

describe('TLS', () => {
  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    '%s: a hundred data connections in a row resume',
    async (version) => {
      const client = await loggedIn({ tls: { minVersion: version, maxVersion: version } });
      for (let count = 0; count < 100; count++) await client.download('NLST /');
      expect(sim.handshakes.filter(({ channel, resumed }) => channel === 'data' && resumed).length).toBe(100);
    },
  );

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    '%s: a full handshake on data is refused with 522',
    async (version) => {
      const client = await loggedIn({ tls: { minVersion: version, maxVersion: version } });
      const { raw } = await client.begin('RETR /a.csv');
      const data = await client.protect(raw, false);
      expect((await buffer(data)).length).toBe(0);
      expect(await client.reply()).toMatch(/^522/);
      expect(sim.handshakes.at(-1)).toMatchObject({ channel: 'data', resumed: false });
      expect((await client.download('RETR /a.csv')).bytes.equals(content)).toBe(true);
    },
  );

  it('TLSv1.2: a client that wants no tickets resumes by session id, as curl 7 does', async () => {
    await loggedIn({ tls: { maxVersion: 'TLSv1.2' } });
    const client = await RawClient.logIn(sim, { secureOptions: constants.SSL_OP_NO_TICKET });
    expect((await client.download('RETR /a.csv')).bytes.equals(content)).toBe(true);
    expect(sim.handshakes.at(-1)).toMatchObject({ channel: 'data', resumed: true });
  });

  it('a full handshake on data is taken where reuse is not required', async () => {
    const client = await loggedIn({ requireSessionReuse: false });
    const { raw } = await client.begin('RETR /a.csv');
    expect((await buffer(await client.protect(raw, false))).equals(content)).toBe(true);
  });

  it('data in clear are not stored, and are on record', async () => {
    const client = await loggedIn();
    const { raw } = await client.begin('STOR /in/b');
    raw.resume().end('a file in clear');
    expect(await client.reply()).toMatch(/^425/);
    expect(sim.clearBytes().toString()).toContain('a file in clear');
    expect((await stat(join(root, 'in/b'))).size).toBe(0);
  });

  it('what comes in clear behind AUTH TLS is forgotten', async () => {
    sim = await startPartnerSim({ root, username: 'acme', password: 'right' });
    const client = await RawClient.connect(sim);
    await client.reply();
    client.send('AUTH TLS\r\nUSER acme\r\nFEAT\r\n');
    expect(await client.reply()).toMatch(/^234/);
    await client.secure();
    expect(await client.ask('PASS right')).toMatch(/^530/);
  });
});

describe('data connections', () => {
  it('come from the peer of the control connection, and from nobody else', async () => {
    const client = await loggedIn();
    const { raw } = await client.begin('RETR /a.csv', '127.0.0.2');
    expect((await buffer(raw).catch(() => Buffer.alloc(0))).length).toBe(0);
  });

  it('PASV names the address that the client reached', async () => {
    const client = await loggedIn();
    expect(await client.ask('PASV')).toMatch(/^227 .*\(127,0,0,1,\d+,\d+\)$/);
  });

  it('RETR, STOR and MLSD without one are refused, and leave no empty file', async () => {
    const client = await loggedIn();
    for (const line of ['RETR /a.csv', 'STOR /in/b', 'MLSD']) expect(await client.ask(line)).toMatch(/^425/);
    await expect(stat(join(root, 'in/b'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('end with the session, and with the server', async () => {
    const client = await loggedIn({ faults: { stallDownloadAfterBytes: 10 } });
    const other = await RawClient.logIn(sim);
    const ends = [];
    for (const each of [client, other]) {
      const data = await each.protect((await each.begin('RETR /a.csv')).raw);
      ends.push(once(data.resume(), 'close'));
    }
    client.close();
    await ends[0];
    await Promise.all([sim.close(), sim.close()]);
    await ends[1];
    expect(sim.sessions()).toBe(0);
  });

  it('ABOR ends a running download: 426, then 226, and the session goes on', async () => {
    const client = await loggedIn();
    const { raw } = await client.begin('RETR /a.csv');
    const data = await client.protect(raw);
    await once(data, 'readable');
    expect(await client.ask('ABOR')).toMatch(/^426/);
    expect(await client.reply()).toMatch(/^226/);
    expect((await client.download('RETR /a.csv')).bytes.equals(content)).toBe(true);
  });
});

describe('files', () => {
  it('an upload is there, whole, when 226 says so', async () => {
    const client = await loggedIn();
    expect(await client.upload('/in/b', content)).toMatch(/^226/);
    expect((await readFile(join(root, 'in/b'))).equals(content)).toBe(true);
    const hex = createHash('sha256').update(content).digest('hex');
    expect(await client.ask('HASH /in/b')).toBe(`213 SHA-256 0-${content.length} ${hex} /in/b`);
    expect(await client.ask('XSHA256 /in/b')).toBe(`250 ${hex.toUpperCase()}`);
    expect(await client.upload('/in/b', Buffer.from('short'))).toMatch(/^226/);
    expect(await readFile(join(root, 'in/b'), 'utf8')).toBe('short');
  });

  it('REST goes on in the middle, down and up, and holds once', async () => {
    const client = await loggedIn();
    await client.ask('REST 2999990');
    expect((await client.download('RETR /a.csv')).bytes.equals(content.subarray(-10))).toBe(true);
    expect((await client.download('RETR /a.csv')).bytes.length).toBe(content.length);
    await client.ask('REST 3000001');
    expect((await client.begin('RETR /a.csv')).reply).toMatch(/^554/);
    await client.upload('/in/b', Buffer.from('0123456789'));
    await client.ask('REST 5');
    await client.upload('/in/b', Buffer.from('abcde'));
    const { raw } = await client.begin('APPE /in/b');
    const data = await client.protect(raw);
    data.resume().end('!');
    await client.reply();
    expect(await readFile(join(root, 'in/b'), 'utf8')).toBe('01234abcde!');
  });

  it('MFMT sets the time that MDTM and MLST state', async () => {
    const client = await loggedIn();
    expect(await client.ask('MFMT 20200229123456 /a.csv')).toBe('213 Modify=20200229123456; /a.csv');
    expect(await client.ask('MDTM /a.csv')).toBe('213 20200229123456.000');
    expect(await client.ask('MLST /a.csv')).toBe(
      '250-Listing\n type=file;size=3000000;modify=20200229123456.000; /a.csv\n250 End',
    );
  });

  it('RNTO replaces a file only where the server is one that does', async () => {
    const client = await loggedIn();
    await writeFile(join(root, 'in/b'), 'theirs');
    await client.ask('RNFR /a.csv');
    expect(await client.ask('RNTO /in/b')).toMatch(/^553/);
    expect(await client.ask('RNTO /in/c')).toMatch(/^503/);
    await sim.close();
    const other = await loggedIn({ renameReplaces: true });
    await other.ask('RNFR /a.csv');
    expect(await other.ask('RNTO /in/b')).toMatch(/^250/);
    expect((await readFile(join(root, 'in/b'))).equals(content)).toBe(true);
  });

  it('folders are made, renamed, entered and removed', async () => {
    const client = await loggedIn();
    expect(await client.ask('MKD /in/"x"')).toBe('257 "/in/""x""" is made.');
    expect(await client.ask('MKD /in')).toMatch(/^550/);
    await client.ask('RNFR /in/"x"');
    expect(await client.ask('RNTO /in')).toMatch(/^553/);
    await client.ask('RNFR /in/"x"');
    expect(await client.ask('RNTO /y')).toMatch(/^250/);
    expect(await client.ask('CWD /y')).toMatch(/^250/);
    expect(await client.ask('PWD')).toBe('257 "/y" is the current directory.');
    expect(await client.ask('RMD /y')).toMatch(/^250/);
    for (const line of ['RMD /', 'DELE /', 'RNFR /', 'RMD /in/..'])
      expect(await client.ask(line)).toMatch(/^550/);
  });
});

describe('nothing outside of the root', () => {
  it('is read, written, listed, renamed or deleted, by dots or by links', async () => {
    const client = await loggedIn();
    await symlink('../secret', join(root, 'link'));
    await symlink('..', join(root, 'up'));
    for (const name of ['/../secret', '/link', '/up/secret', '../../secret']) {
      for (const verb of ['RETR', 'STOR', 'MLSD']) {
        if (verb === 'STOR' && name.includes('..')) continue;
        expect((await client.begin(`${verb} ${name}`)).reply, `${verb} ${name}`).toMatch(/^55\d/);
      }
      for (const verb of ['SIZE', 'MDTM', 'HASH', 'CWD'])
        expect(await client.ask(`${verb} ${name}`), `${verb} ${name}`).toMatch(/^550/);
    }
    for (const line of [
      'CWD /up',
      'DELE /up/secret',
      'RNFR /up/secret',
      'MKD /up/new',
      'MFMT 20200101000000 /up/secret',
    ])
      expect(await client.ask(line), line).toMatch(/^550/);
    expect(await readFile(join(outside, 'secret'), 'utf8')).toBe('secret');
  });

  it('a name that leads out by dots is a name below the root', async () => {
    const client = await loggedIn();
    await client.upload('/../secret', Buffer.from('mine'));
    expect(await readFile(join(root, 'secret'), 'utf8')).toBe('mine');
    expect(await readFile(join(outside, 'secret'), 'utf8')).toBe('secret');
  });

  it('a FIFO is neither read nor written, and stops nobody', async () => {
    const client = await loggedIn();
    execFileSync('mkfifo', [join(root, 'fifo')]);
    expect((await client.begin('RETR /fifo')).reply).toMatch(/^550/);
    expect((await client.begin('STOR /fifo')).reply).toMatch(/^553/);
    expect((await client.download('MLSD /')).bytes.toString()).toMatch(/^type=OS\.unix=other;.* fifo\r$/m);
  });
});

describe('the control connection', () => {
  it('does commands that come together one after the other', async () => {
    const client = await loggedIn();
    client.send('SIZE /a.csv\r\nNOOP\r\nPWD\n');
    expect([await client.reply(), await client.reply(), await client.reply()]).toEqual([
      '213 3000000',
      '200 Still here.',
      '257 "/" is the current directory.',
    ]);
  });

  it('ends with a line that does not, and with QUIT', async () => {
    const client = await loggedIn();
    client.send('x'.repeat(10_000));
    await once(client.socket, 'close');
    const other = await RawClient.logIn(sim);
    expect(await other.ask('QUIT')).toMatch(/^221/);
    await once(other.socket, 'close');
    while (sim.sessions() > 0) await new Promise(setImmediate);
  });
});
