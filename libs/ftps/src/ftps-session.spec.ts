import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type ErrorCode, TransferError } from '#domain';
import type { Script } from '../testing/index.ts';
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

closeWhatWasOpened();

describe('reading', () => {
  test('gives the bytes as they are, whatever a reply is cut into', async () => {
    const bytes = randomBytes(200_001);
    const { session, witness } = await open({ files: file('/in/ünïcødé ✓.txt', bytes), dripReplies: true });
    const chunks: Buffer[] = [];
    const end = await session.read(
      '/in/ünïcødé ✓.txt',
      (chunk) => void chunks.push(Buffer.from(chunk)),
      signal,
    );
    expect(end).toEqual({ sizeBytes: 200_001n, end: 'unproved' });
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
    expect(witness.closings[0]).toMatchObject({ closeNotify: 'unobserved', bytesPlain: 200_001n });
    expect(witness.closings[0]!.bytesWire).toBeGreaterThan(200_001n);
  });

  test('waits for a busy sink without losing or reordering bytes', async () => {
    const bytes = randomBytes(1_000_000);
    const { session } = await open({ files: file('/a', bytes) });
    const chunks: Buffer[] = [];
    let busy = 0;
    const sink = async (chunk: Buffer) => {
      expect(++busy).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      chunks.push(Buffer.from(chunk));
      busy -= 1;
    };
    await session.read('/a', sink, signal);
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
  });

  const noSize = answer({ SIZE: '502 not here' });
  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'without SIZE takes close_notify as proof of the end (%s)',
    async (version) => {
      for (const size of [0, 1, 100_000]) {
        const { session, witness } = await open({
          files: file('/a', randomBytes(size)),
          answer: noSize,
          versions: { minVersion: version, maxVersion: version },
        });
        expect(await session.read('/a', ignore, signal)).toEqual({ sizeBytes: BigInt(size), end: 'proved' });
        expect(witness.closings[0]!.closeNotify).toBe('seen');
      }
    },
  );

  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'without SIZE and without close_notify is truncated (%s)',
    async (version) => {
      for (const size of [0, 1, 100_000]) {
        const { session, witness } = await open({
          files: file('/a', randomBytes(size)),
          answer: noSize,
          data: 'bare_fin',
          versions: { minVersion: version, maxVersion: version },
        });
        await expect(session.read('/a', ignore, signal)).rejects.toMatchObject({
          code: 'tls_truncated',
          phase: 'stream',
        });
        expect(witness.closings[0]!.closeNotify).toBe('not_seen');
        expect(session.broken).toBe(true);
      }
    },
  );

  test('a busy sink does not hide a missing close_notify', async () => {
    const { session } = await open({
      files: file('/a', randomBytes(300_000)),
      answer: noSize,
      data: 'bare_fin',
    });
    const slow = () => new Promise<void>((resolve) => setImmediate(resolve));
    await expect(session.read('/a', slow, signal)).rejects.toMatchObject({ code: 'tls_truncated' });
  });

  const thousand = file('/a', randomBytes(1000));
  test.each<[string, Partial<Script>, ErrorCode]>([
    ['fewer bytes than SIZE, then 226', { sent: randomBytes(10) }, 'size_mismatch'],
    ['no bytes at all, then 226', { sent: Buffer.alloc(0) }, 'size_mismatch'],
    ['more bytes than SIZE', { sent: randomBytes(1001) }, 'size_mismatch'],
    ['more bytes than SIZE, and no end', { sent: randomBytes(1001), data: 'stalled' }, 'size_mismatch'],
    ['fewer bytes and a bare FIN', { sent: randomBytes(10), data: 'bare_fin' }, 'size_mismatch'],
    ['a reset connection', { sent: randomBytes(10), data: 'reset' }, 'transfer_interrupted'],
    ['data in clear', { data: 'clear_text' }, 'tls_data_channel_refused'],
    [
      'another certificate of the same authority',
      { dataCertificate: authority.issue({ commonName: 'thief', names: ['127.0.0.1'] }) },
      'tls_data_channel_refused',
    ],
    ['a size that is none', { answer: answer({ SIZE: '213 12abc' }) }, 'protocol_violation'],
    ['a port below 1024', { answer: answer({ EPSV: '229 (|||80|)' }) }, 'protocol_violation'],
    ['421 instead of 150', { answer: answer({ RETR: '421 shutting down' }) }, 'server_busy'],
    ['a second reply to SIZE', { answer: answer({ SIZE: '213 1000\r\n226 shifted' }) }, 'protocol_violation'],
    ['a 425', { answer: answer({ RETR: '425 no data connection' }) }, 'connection_lost'],
  ])('is refused for %s, and the session is not used again', async (_what, script, code) => {
    // A thief cannot resume our session; without offering it, his certificate shows.
    const sessionReuse = script.dataCertificate ? 'off' : 'required';
    const { session } = await open({ files: thousand, ...script }, { tls: { sessionReuse } });
    await expect(session.read('/a', ignore, signal)).rejects.toMatchObject({ code });
    expect(session.broken).toBe(true);
    await expect(session.stat('/a', signal)).rejects.toBeInstanceOf(TransferError);
  });

  test('of a file that is not there, or may not be read, leaves the session usable', async () => {
    const { session } = await open({
      files: thousand,
      answer: (verb, path) =>
        verb === 'RETR' && path === '/a'
          ? '550 no'
          : verb === 'RETR' && path === '/gone'
            ? '550 no'
            : undefined,
    });
    await expect(session.read('/gone', ignore, signal)).rejects.toMatchObject({ code: 'path_not_found' });
    await expect(session.read('/a', ignore, signal)).rejects.toMatchObject({
      code: 'file_unavailable',
      reply: '550 no',
    });
    expect(session.broken).toBe(false);
    expect(await session.stat('/a', signal)).toMatchObject({ sizeBytes: 1000n, modified: '20261121060000' });
    expect(await session.stat('/gone', signal)).toBeUndefined();
  });

  test('rethrows what the sink threw', async () => {
    const { session } = await open({ files: thousand });
    const full = new Error('disk full here');
    await expect(session.read('/a', () => Promise.reject(full), signal)).rejects.toBe(full);
    expect(session.broken).toBe(true);
  });

  test.each<[string, ErrorCode, Partial<Script>]>([
    // As a server does that expects no TLS on the data connection: it waits for bytes, and we for its handshake.
    ['no handshake answers on the data connection', 'tls_data_channel_refused', { data: 'silent' }],
    ['no answer to RETR comes', 'reply_timeout', { answer: answer({ RETR: '' }) }],
  ])('ends by its deadline when %s', async (_what, code, script) => {
    const { session } = await open(
      { files: thousand, ...script },
      { deadlines: { replyMs: 100, handshakeMs: 100 } },
    );
    await expect(session.read('/a', ignore, signal)).rejects.toMatchObject({ code });
  });

  test('ends when data comes slower than the minimum rate', async () => {
    const { session } = await open(
      { files: thousand, data: 'stalled' },
      { deadlines: { dataWindowMs: 120 } },
    );
    await expect(session.read('/a', ignore, signal)).rejects.toMatchObject({ code: 'transfer_interrupted' });
  });

  test('ends at once when it is aborted, with the reason given', async () => {
    const controller = new AbortController();
    const reason = new TransferError('shutting_down', { phase: 'stream' });
    const { session } = await open({ files: thousand, data: 'stalled' });
    const sink = () => controller.abort(reason);
    await expect(session.read('/a', sink, controller.signal)).rejects.toBe(reason);
    expect(session.broken).toBe(true);
  });
});

describe('session reuse', () => {
  const wish = (sessionReuse: 'required' | 'preferred' | 'off') => ({ tls: { sessionReuse } });

  test('`required` refuses a data connection that did not resume', async () => {
    const other = authority.issue({ commonName: 'partner', names: ['127.0.0.1'] });
    const { session, witness } = await open(
      { files: file('/a', randomBytes(9)), dataCertificate: { ...certificate, spki: other.spki } },
      wish('required'),
    );
    await expect(session.read('/a', ignore, signal)).rejects.toMatchObject({
      code: 'tls_session_not_reused',
    });
    expect(witness.negotiations.at(-1)).toMatchObject({
      channel: 'data',
      verdict: 'refused',
      error: 'tls_session_not_reused',
    });
  });

  test.each(['preferred', 'off'] as const)(
    '`%s` goes on with a full handshake of the same key',
    async (reuse) => {
      const { session, witness } = await open(
        { files: file('/a', randomBytes(9)), dataCertificate: { ...certificate } },
        wish(reuse),
      );
      expect((await session.read('/a', ignore, signal)).sizeBytes).toBe(9n);
      expect(witness.negotiations.at(-1)).toMatchObject({
        channel: 'data',
        resumed: false,
        verdict: 'accepted',
        nameCheck: 'passed',
      });
      expect(witness.negotiations.at(-1)!.peerCertificates).toHaveLength(1);
    },
  );

  test.each(['425 no', '522 session reuse required'])(
    'a server’s %s after our full handshake means reuse',
    async (reply) => {
      const { session } = await open(
        { files: file('/a', randomBytes(9)), data: 'bare_fin', final: reply },
        wish('off'),
      );
      await expect(session.read('/a', ignore, signal)).rejects.toMatchObject({
        code: 'tls_session_not_reused',
      });
    },
  );
});

describe('writing', () => {
  test('stores what was written, one negotiation a file', async () => {
    const { session, server, witness } = await open();
    const bytes = randomBytes(300_000);
    for (const path of ['/out/a b', '/out/-x']) {
      const writer = await session.openWrite(path, signal);
      await writer.write(bytes.subarray(0, 100_000));
      await writer.write(bytes.subarray(100_000));
      expect(await writer.finish()).toEqual({ sizeBytes: 300_000n, end: 'unproved' });
      expect(server.files.get(path)!.equals(bytes)).toBe(true);
    }
    expect(witness.negotiations.slice(1)).toMatchObject([
      { command: 'STOR', resumed: true },
      { command: 'STOR', resumed: true },
    ]);
  });

  test.each<[string, Record<string, string>, ErrorCode]>([
    ['into a missing folder', { STOR: '553 no', CWD: '550 no' }, 'path_not_found'],
    ['where it is forbidden', { STOR: '553 no' }, 'permission_denied'],
    ['onto a full disk', { STOR: '552 full' }, 'disk_full'],
    ['what is busy', { STOR: '450 busy' }, 'remote_busy'],
  ])('%s is refused and leaves the session usable', async (_what, answers, code) => {
    const { session } = await open({ answer: answer(answers) });
    await expect(session.openWrite('/out/a', signal)).rejects.toMatchObject({ code });
    expect(session.broken).toBe(false);
  });

  test('a disk that fills up while the data flows is told from a broken connection', async () => {
    const { session } = await open({ uploads: { refuseAfterBytes: 200_000, reply: '452 disk full' } });
    const writer = await session.openWrite('/out/a', signal);
    const chunk = randomBytes(100_000);
    const all = async () => {
      for (let count = 0; count < 200; count += 1) await writer.write(chunk);
      await writer.finish();
    };
    await expect(all()).rejects.toMatchObject({ code: 'disk_full', reply: '452 disk full' });
  });

  test('given up, breaks the session: nobody knows what the server makes of it', async () => {
    const { session } = await open();
    const writer = await session.openWrite('/out/a', signal);
    await writer.abort();
    expect(session.broken).toBe(true);
  });

  test('holds the session until it is finished', async () => {
    const { session } = await open();
    const writer = await session.openWrite('/out/a', signal);
    await expect(session.stat('/a', signal)).rejects.toMatchObject({ code: 'internal' });
    await writer.finish();
    expect(await session.stat('/out/a', signal)).toMatchObject({ sizeBytes: 0n });
  });
});
