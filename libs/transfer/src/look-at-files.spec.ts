import { expect, it } from 'vitest';
import type { RemoteSession } from '#protocol';
import { lookAtFiles } from './look-at-files.ts';

// What it says of real folders stands beside what a run takes of them: `select-files.spec`.

it('a look shows no more of a row than somebody reads, however long its server makes it', async () => {
  const name = `${'n'.repeat(60_000)}.csv`;
  const row = { name, path: `/out/${name}`, kind: 'file', modified: 'm'.repeat(60_000) } as const;
  const list = async () => ({ entries: [{ ...row, sizeBytes: 1n }], refused: [] });
  const boastful = { list } as Partial<RemoteSession> as RemoteSession;
  const globs = { select: ['*'], exclude: [], marker: '{name}.done' };
  const marked = { endpoint: 'source', path: '/out', ...globs, recursive: false, settleMs: 0 };
  const { files } = await lookAtFiles(boastful, marked, new AbortController().signal);
  expect(files).toMatchObject([{ why: 'no_marker', says: expect.stringContaining('its marker n') }]);
  expect(JSON.stringify(files, (_, value) => (typeof value === 'bigint' ? 1 : value)).length).toBeLessThan(
    5_000,
  );
});

it('a look with a pattern that could keep its worker busy for years asks the server nothing', async () => {
  const asked = { path: '/out', exclude: [], recursive: false, settleMs: 0, endpoint: 'source' };
  const { signal } = new AbortController();
  const look = (...select: string[]) => lookAtFiles({} as RemoteSession, { ...asked, select }, signal);
  await expect(look('*.csv', '[a]*a*a*a*a*b')).rejects.toMatchObject({ code: 'invalid_configuration' });
});
