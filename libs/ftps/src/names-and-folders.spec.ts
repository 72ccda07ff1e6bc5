import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { answer, closeWhatWasOpened, file, ignore, open, signal } from '../testing/scripted-sessions.ts';

closeWhatWasOpened();

describe('names and folders', () => {
  test('a path with a line break is refused before anything is sent', async () => {
    const { session, server } = await open();
    const before = server.commands.length;
    await expect(session.stat('/a\r\nDELE /b', signal)).rejects.toMatchObject({ code: 'file_name_refused' });
    expect(server.commands).toHaveLength(before);
    expect(session.broken).toBe(false);
  });

  test('rename asks before it replaces', async () => {
    const { session, server } = await open({
      files: new Map([
        ['/a', randomBytes(1)],
        ['/b', randomBytes(1)],
      ]),
      answer: answer({ RNFR: '350 go', RNTO: '250 done' }),
    });
    await expect(session.rename('/a', '/b', { overwrite: false }, signal)).rejects.toMatchObject({
      code: 'destination_exists',
    });
    expect(server.commands).not.toContain('RNFR /a');
    await session.rename('/a', '/c', { overwrite: false }, signal);
    await session.rename('/a', '/b', { overwrite: true }, signal);
    expect(server.commands.filter((command) => command.startsWith('RN'))).toEqual([
      'RNFR /a',
      'RNTO /c',
      'RNFR /a',
      'RNTO /b',
    ]);
  });

  test('a refused RNTO is a refused rename; a lost answer is a lost connection', async () => {
    const { session } = await open({ answer: answer({ RNFR: '350 go', RNTO: '553 no' }) });
    await expect(session.rename('/a', '/b', { overwrite: true }, signal)).rejects.toMatchObject({
      code: 'rename_failed',
      phase: 'publish',
    });
    const silent = await open(
      { answer: answer({ RNFR: '350 go', RNTO: '' }) },
      { deadlines: { replyMs: 80 } },
    );
    await expect(silent.session.rename('/a', '/b', { overwrite: true }, signal)).rejects.toMatchObject({
      code: 'reply_timeout',
    });
  });

  test('removing what is gone succeeds; what stays is reported', async () => {
    const { session } = await open({
      files: file('/stays', randomBytes(1)),
      answer: answer({ DELE: '550 no' }),
    });
    await session.remove('/gone', signal);
    await expect(session.remove('/stays', signal)).rejects.toMatchObject({ code: 'permission_denied' });
  });

  test('a listing without close_notify is not believed', async () => {
    const { session } = await open({ sent: Buffer.from('type=file;size=1; a\r\n'), data: 'bare_fin' });
    await expect(session.list('/in', signal)).rejects.toMatchObject({ code: 'tls_truncated', phase: 'list' });
  });

  test('a missing folder is not an empty one, even where the server says 226 and nothing', async () => {
    const missing = answer({ CWD: '550 no' });
    for (const features of [['MLST type*;size*;'], ['SIZE', 'MDTM']]) {
      const { session } = await open({ features, sent: Buffer.alloc(0), answer: missing });
      await expect(session.list('/nope', signal)).rejects.toMatchObject({ code: 'path_not_found' });
      expect(session.broken).toBe(false);
    }
  });

  test('LIST rows carry the time MDTM states, which stat states too', async () => {
    const row = Buffer.from('-rw-r--r-- 1 0 0 5 Nov 21 06:06 a b\r\n');
    const { session } = await open({
      features: ['SIZE', 'MDTM'],
      files: file('/in/a b', Buffer.from('hello')),
      sent: row,
    });
    const { entries } = await session.list('/in', signal);
    expect(entries).toEqual([
      { name: 'a b', path: '/in/a b', kind: 'file', sizeBytes: 5n, modified: '20261121060000' },
    ]);
    expect(await session.stat('/in/a b', signal)).toMatchObject({
      sizeBytes: 5n,
      modified: entries[0]!.modified,
    });
  });

  test('PASV is used from then on where EPSV is not understood, and its address is ignored', async () => {
    const { session, server, witness } = await open({
      files: file('/a', randomBytes(9)),
      passive: 'pasv_elsewhere',
    });
    await session.read('/a', ignore, signal);
    await session.read('/a', ignore, signal);
    expect(server.commands.filter((command) => /EPSV|PASV/.test(command))).toEqual(['EPSV', 'PASV', 'PASV']);
    expect(witness.lines.join('\n')).toContain('10.9.8.7 ignored');
  });
});
