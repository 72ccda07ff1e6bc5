import { randomBytes } from 'node:crypto';
import { afterEach, expect, test, vi } from 'vitest';
import { answer, closeWhatWasOpened, file, open, signal } from '../testing/scripted-sessions.ts';

closeWhatWasOpened();

afterEach(() => {
  vi.useRealTimers();
});

/** Beats come when the test says so; everything else goes on by the real clock. */
const driveBeats = () => vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });

const noops = (commands: string[]) => commands.filter((command) => command === 'NOOP').length;

test('an idle session says NOOP, and its late answer is not taken for another', async () => {
  const bytes = randomBytes(1000);
  const { session, server } = await open(
    { files: file('/a', bytes), dripReplies: true, answer: answer({ NOOP: '200 zzz' }) },
    { endpoint: { keepAliveMs: 5 } },
  );
  await vi.waitFor(() => expect(noops(server.commands)).toBeGreaterThan(2));
  expect(await session.stat('/a', signal)).toMatchObject({ sizeBytes: 1000n });
  const before = noops(server.commands);
  await vi.waitFor(() => expect(noops(server.commands)).toBeGreaterThan(before));
});

test('a running transfer is never disturbed, and a closed session says nothing more', async () => {
  driveBeats();
  const { session, server } = await open(
    { files: file('/a', randomBytes(2_000_000)) },
    { endpoint: { keepAliveMs: 3 } },
  );
  vi.advanceTimersByTime(3);
  let chunks = 0;
  await session.read(
    '/a',
    () => {
      chunks += 1;
      vi.advanceTimersByTime(30);
    },
    signal,
  );
  const from = server.commands.indexOf('RETR /a');
  expect(server.commands.slice(0, from)).toContain('NOOP');
  expect(chunks).toBeGreaterThan(10);
  expect(server.commands.slice(from)).not.toContain('NOOP');
  await session.close();
  const after = noops(server.commands);
  vi.advanceTimersByTime(30);
  expect(vi.getTimerCount()).toBe(0);
  expect(noops(server.commands)).toBe(after);
});

test('a server that never answers NOOP is found out by the next operation', async () => {
  const { session, server } = await open(
    {
      files: file('/a', randomBytes(10)),
      answer: (verb) => (verb === 'NOOP' || verb === 'MLST' ? '' : undefined),
    },
    { endpoint: { keepAliveMs: 5 }, deadlines: { replyMs: 60 } },
  );
  await vi.waitFor(() => expect(noops(server.commands)).toBe(1));
  await expect(session.stat('/a', signal)).rejects.toMatchObject({ code: 'reply_timeout' });
  expect(noops(server.commands)).toBe(1);
});

test('0 means never', async () => {
  driveBeats();
  const { session, server } = await open(
    { files: file('/a', randomBytes(10)) },
    { endpoint: { keepAliveMs: 0 } },
  );
  vi.advanceTimersByTime(100);
  // What was sent before is answered before.
  await session.stat('/a', signal);
  expect(noops(server.commands)).toBe(0);
});
