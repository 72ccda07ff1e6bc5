import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { FtpsEndpoint, TransferError } from '#domain';
import { ScriptedServer, sessionAt, Witness } from '../testing/index.ts';
import {
  answer,
  authority,
  certificate,
  closeWhatWasOpened,
  file,
  ignore,
  open,
  signal,
} from '../testing/scripted-sessions.ts';
import { siteSettings } from './file-transfers.ts';

closeWhatWasOpened();

const after = (commands: string[], first: string) => commands.slice(commands.indexOf(first));

describe('the way to the data connection', () => {
  test('EPSV whose port cannot be reached gives way to PASV, once and for the session', async () => {
    const bytes = randomBytes(1000);
    const { session, server, witness } = await open({
      files: file('/a', bytes),
      // Nobody listens there: a firewall that opens the way for PASV alone looks like this.
      answer: answer({ EPSV: '229 Entering (|||1027|)' }),
    });
    for (let count = 0; count < 2; count += 1)
      expect((await session.read('/a', ignore, signal)).sizeBytes).toBe(1000n);
    expect(server.commands.filter((command) => command === 'EPSV')).toHaveLength(1);
    expect(server.commands.filter((command) => command === 'PASV')).toHaveLength(2);
    expect(witness.lines.join('\n')).toContain('PASV from here on');
  });

  test('with `passive.command: epsv` nothing else is tried', async () => {
    const { session, server } = await open(
      { files: file('/a', randomBytes(10)), answer: answer({ EPSV: '500 what?' }) },
      { endpoint: { passive: { addressPolicy: 'control_host', command: 'epsv' } } },
    );
    await expect(session.read('/a', ignore, signal)).rejects.toMatchObject({ code: 'protocol_violation' });
    expect(server.commands).not.toContain('PASV');
  });
});

describe('commands sent ahead', () => {
  const piped = { endpoint: { pipelining: true } };

  test('ask for the next data connection while the last transfer is under way', async () => {
    const bytes = randomBytes(100_000);
    const { session, server } = await open({ files: file('/a', bytes) }, piped);
    const stated = { statedSizeBytes: BigInt(bytes.length) };
    for (let count = 0; count < 3; count += 1) await session.read('/a', ignore, signal, stated);
    expect(after(server.commands, 'EPSV')).toEqual([
      'EPSV',
      'RETR /a',
      'EPSV',
      'RETR /a',
      'EPSV',
      'RETR /a',
      'EPSV',
    ]);
  });

  test('do not come between another command and its answer', async () => {
    const { session } = await open({ files: file('/a', randomBytes(10)), dripReplies: true }, piped);
    await session.read('/a', ignore, signal);
    await session.read('/a', ignore, signal);
    expect(await session.stat('/a', signal)).toMatchObject({ sizeBytes: 10n });
    await session.read('/a', ignore, signal);
    expect(await session.stat('/none', signal)).toBeUndefined();
    expect(session.broken).toBe(false);
  });

  test('answered with anything else end the session: replies have come apart', async () => {
    let asked = 0;
    const { session } = await open(
      {
        files: file('/a', randomBytes(10)),
        answer: (verb) => (verb === 'EPSV' && ++asked > 1 ? '450 transfer in progress' : undefined),
      },
      piped,
    );
    await session.read('/a', ignore, signal);
    await expect(session.read('/a', ignore, signal)).rejects.toMatchObject({
      code: 'protocol_violation',
      detail: expect.stringContaining('pipelining'),
    });
    expect(session.broken).toBe(true);
  });

  test('are never sent where the endpoint does not say so', async () => {
    const { session, server } = await open({ files: file('/a', randomBytes(10)) });
    await session.read('/a', ignore, signal);
    expect(server.commands.at(-1)).toBe('RETR /a');
  });
});

test.each([false, true])('one senseless MDTM is one refused row (commands ahead: %s)', async (pipelining) => {
  const listing = ['a', 'b', 'c'].map((name) => `-rw-r--r-- 1 0 0 5 Nov 21 06:06 ${name}\r\n`).join('');
  const { session } = await open(
    {
      sent: Buffer.from(listing),
      features: ['MDTM'],
      answer: (verb, argument) =>
        verb === 'MDTM' ? `213 ${argument === '/b' ? '20261399999999' : '20261121060000'}` : undefined,
    },
    { endpoint: { pipelining } },
  );
  const { entries, refused } = await session.list('/', signal);
  expect(entries.map(({ name, modified }) => [name, modified])).toEqual([
    ['a', '20261121060000'],
    ['c', '20261121060000'],
  ]);
  expect(refused).toEqual([{ shown: 'b', reason: 'modification time is not a time' }]);
  expect(session.broken).toBe(false);
});

describe('a size the caller knows', () => {
  test('saves the question, and has to agree all the same', async () => {
    const { session, server } = await open({ files: file('/a', randomBytes(1000)) });
    await session.read('/a', ignore, signal, { statedSizeBytes: 1000n });
    expect(server.commands.some((command) => command.startsWith('SIZE'))).toBe(false);
    await expect(session.read('/a', ignore, signal, { statedSizeBytes: 999n })).rejects.toMatchObject({
      code: 'size_mismatch',
    });
  });
});

describe('going on in the middle', () => {
  const bytes = randomBytes(1000);

  test.each(['502 what?', '554 no', '555 no'])('%s to REST means from the beginning', async (refusal) => {
    const { session } = await open({ files: file('/a', bytes), answer: answer({ REST: refusal }) });
    const read = session.read('/a', ignore, signal, { offset: 500n });
    await expect(read).rejects.toMatchObject({ code: 'resume_refused' });
    expect(session.broken).toBe(false);
    expect((await session.read('/a', ignore, signal)).sizeBytes).toBe(1000n);
  });

  test('a server that says 350 and begins at 0 is found out', async () => {
    const { session, server } = await open({
      files: file('/a', bytes),
      answer: answer({ REST: '350 sure' }),
    });
    await expect(session.read('/a', ignore, signal, { offset: 500n })).rejects.toMatchObject({
      code: 'size_mismatch',
    });
    expect(after(server.commands, 'EPSV').slice(0, 3)).toEqual(['EPSV', 'REST 500', 'RETR /a']);
  });
});

describe('text and data sets', () => {
  test('TYPE A: no size, no hash, no resume, nothing stronger than none', async () => {
    const { session, server } = await open(
      { files: file('/a', randomBytes(100)), features: ['SIZE', 'REST STREAM', 'HASH SHA-256'] },
      { endpoint: { transferType: 'text' } },
    );
    expect(server.commands).toContain('TYPE A');
    expect(session.capabilities).toMatchObject({
      convertsText: true,
      hashes: [],
      resume: false,
      strongestAssurance: 'none',
    });
    expect(await session.read('/a', ignore, signal)).toEqual({ sizeBytes: 100n, end: 'proved' });
    expect(server.commands.some((command) => command.startsWith('SIZE'))).toBe(false);
  });

  const site: FtpsEndpoint['site'] = {
    recordFormat: 'FB',
    recordLength: 80,
    blockSize: 27_920,
    fileType: 'SEQ',
  };

  test('z/OS is told the shape of a data set before it is made', async () => {
    const { session, server } = await open(
      { answer: answer({ SITE: '200 noted', ALLO: '202 no need' }) },
      { endpoint: { site } },
    );
    const writer = await session.openWrite('/a', signal, { expectedSizeBytes: 160n });
    await writer.write(Buffer.alloc(160));
    await writer.finish();
    expect(after(server.commands, 'SITE FILETYPE=SEQ')).toEqual([
      'SITE FILETYPE=SEQ',
      'SITE RECFM=FB',
      'SITE LRECL=80',
      'SITE BLKSIZE=27920',
      'ALLO 160',
      'EPSV',
      'STOR /a',
    ]);
  });

  test('a setting that is refused, or no room, is said before a byte is sent', async () => {
    const refused = await open({ answer: answer({ SITE: '500 what?' }) }, { endpoint: { site } });
    await expect(refused.session.openWrite('/a', signal)).rejects.toMatchObject({
      code: 'invalid_configuration',
    });
    const full = await open({ answer: answer({ SITE: '200 ok', ALLO: '552 full' }) }, { endpoint: { site } });
    await expect(full.session.openWrite('/a', signal, { expectedSizeBytes: 1n })).rejects.toMatchObject({
      code: 'disk_full',
    });
    expect(full.server.commands.some((command) => command.startsWith('STOR'))).toBe(false);
  });

  test('only what the closed list knows can stand after SITE', () => {
    expect(siteSettings({})).toEqual([]);
    expect(siteSettings({ fileType: 'JES' })).toEqual(['FILETYPE=JES']);
  });
});

test('an upload that is given up is told to the server: ABOR, then the end', async () => {
  const { session, server, witness } = await open();
  const writer = await session.openWrite('/a', signal);
  await writer.write(Buffer.alloc(1000));
  await writer.abort();
  expect(session.broken).toBe(true);
  await expect.poll(() => server.commands).toContain('ABOR');
  expect(witness.lines).toContain('ABOR');
});

test('the key exchange is post-quantum where both sides know it, and on record', async () => {
  const { witness } = await open();
  expect(witness.negotiations[0]!.keyExchangeGroup).toBe('X25519MLKEM768');
});

test('a server that repeats our password finds no place for it in transcript or error', async () => {
  const witness = new Witness();
  const server = await ScriptedServer.start({
    certificate,
    answer: answer({ PASS: '530 Not hunter2-secret, try hunter3' }),
  });
  const refusal = sessionAt({ port: server.port, tls: { ca: [authority.cert] } }, witness);
  const error = await refusal.catch((thrown: unknown) => thrown as TransferError);
  expect(error).toMatchObject({ code: 'auth_rejected', reply: '530 Not ****, try hunter3' });
  expect(witness.lines.join('\n')).not.toContain('hunter2-secret');
  await server.stop();
});
