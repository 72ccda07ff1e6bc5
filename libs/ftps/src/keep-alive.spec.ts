import { randomBytes } from 'node:crypto';
import { expect, test, vi } from 'vitest';
import { answer, closeWhatWasOpened, file, open, signal } from '../testing/scripted-sessions.ts';

closeWhatWasOpened();

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
  const { session, server } = await open(
    { files: file('/a', randomBytes(2_000_000)) },
    { endpoint: { keepAliveMs: 3 } },
  );
  let chunks = 0;
  await session.read(
    '/a',
    async () => {
      chunks += 1;
      await new Promise((resolve) => setTimeout(resolve, 1));
    },
    signal,
  );
  const from = server.commands.indexOf('RETR /a');
  expect(chunks).toBeGreaterThan(10);
  expect(server.commands.slice(from)).not.toContain('NOOP');
  await session.close();
  const after = noops(server.commands);
  await new Promise((resolve) => setTimeout(resolve, 20));
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
  const { server } = await open({}, { endpoint: { keepAliveMs: 0 } });
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(noops(server.commands)).toBe(0);
});
