import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Incident, Run, Transfer } from '#contract';
import { makeReady, WaybillProcess } from '../support/waybill-process.ts';

/** What the person on duty does at the terminal, against the built product. */

let home: string;
let waybill: WaybillProcess;

const CONFIGURATION = `
apiVersion: waybill/v1
endpoints:
  - {name: here, protocol: local, root: "HOME/here"}
  - {name: there, protocol: local, root: "HOME/there"}
routes:
  - name: archiving
    source: {endpoint: here, path: /archiving, settleMs: 0}
    destination: {endpoint: there, path: /archiving}
    afterDelivery: {source: archive, to: /done}
    retry: {maxAttempts: 1, firstDelayMs: 100, factor: 1, maxDelayMs: 100, jitter: 0}
  - name: plain
    source: {endpoint: here, path: /plain, settleMs: 0}
    destination: {endpoint: there, path: /plain}
    retry: {maxAttempts: 1, firstDelayMs: 100, factor: 1, maxDelayMs: 100, jitter: 0}
`;

beforeAll(async () => {
  makeReady();
  home = await mkdtemp(join(tmpdir(), 'waybill-interventions-'));
  await chmod(home, 0o755);
  for (const folder of ['here/archiving', 'here/plain', 'there'])
    await mkdir(join(home, folder), { recursive: true });
  const file = join(home, 'exchange.yaml');
  await writeFile(file, CONFIGURATION.replaceAll('HOME', home));
  waybill = new WaybillProcess(['start', '--home', join(home, 'data'), '--port', '0']);
  await waybill.line(/http:/, 30_000);
  expect((await command(['apply', '-f', file])).complaints).toBe('');
});

afterAll(async () => {
  expect(await waybill.interrupt()).toBe(0);
  await rm(home, { recursive: true, force: true });
});

async function command(args: string[]) {
  const one = new WaybillProcess(args, { WAYBILL_HOME: join(home, 'data') });
  const code = await one.exit();
  return { code, output: one.output.join('\n'), complaints: one.complaints.join('\n') };
}

async function ask<T>(...args: string[]): Promise<T> {
  const { code, output, complaints } = await command([...args, '--json']);
  if (output === '') throw new Error(`${args.join(' ')}: ${code} ${complaints}`);
  return JSON.parse(output) as T;
}

type FollowedRun = Run & { transfers: Transfer[] };

async function settled(transferId: string): Promise<Transfer> {
  for (;;) {
    const transfers = await ask<Transfer[]>('transfers');
    const transfer = transfers.find(({ id }) => id === transferId)!;
    if (transfer.finishedAt !== null) return transfer;
  }
}

test('a held transfer: the incident says what to type, the decision finishes it', async () => {
  await writeFile(join(home, 'here/done'), 'a file where the archive should be');
  await writeFile(join(home, 'here/archiving/a.csv'), 'content');
  const run = await ask<FollowedRun>('run', 'archiving', '--wait');
  expect(run).toMatchObject({ state: 'held', transfers: [{ state: 'held' }] });
  const { id } = run.transfers[0]!;

  const [incident, ...others] = await ask<Incident[]>('incidents');
  expect(others).toEqual([]);
  expect(incident).toMatchObject({ kind: 'transfer_held', transferId: id, state: 'open' });
  expect((await command(['incidents'])).output).toContain(`waybill resolve ${id} --as delivered`);
  expect(await ask<Incident>('incidents', 'ack', incident!.id, '--note', 'on it')).toMatchObject({
    state: 'acknowledged',
  });
  expect(await command(['incidents', 'resolve', incident!.id, '--reason', 'away with it'])).toMatchObject({
    code: 2,
    complaints: expect.stringContaining(`waybill resolve ${id}`),
  });

  expect(await command(['resolve', id, '--as', 'resend', '--reason', 'hm'])).toMatchObject({
    code: 2,
    complaints: expect.stringContaining('is at its destination since'),
  });
  expect(await command(['resolve', id, '--as', 'delivered'])).toMatchObject({
    code: 2,
    complaints: expect.stringContaining('--reason'),
  });

  await rm(join(home, 'here/done'));
  expect((await command(['resolve', id, '--as', 'delivered', '--reason', 'the folder is free'])).code).toBe(
    0,
  );
  expect(await settled(id)).toMatchObject({ state: 'delivered', error: null });
  expect(await readdir(join(home, 'here/done'))).toEqual(['a.csv']);
  expect(await readdir(join(home, 'here/archiving'))).toEqual([]);
  expect(await readdir(join(home, 'there/archiving'))).toEqual(['a.csv']);
  expect(await ask<Incident[]>('incidents')).toEqual([]);
  expect(await ask<Incident[]>('incidents', '--state', 'resolved')).toMatchObject([
    { resolution: 'delivered: the folder is free', acknowledgedBy: expect.any(String) },
  ]);
});

test('a failed run: rerun delivers what was left, once', async () => {
  await writeFile(join(home, 'there/plain'), 'a file where the folder should be');
  await writeFile(join(home, 'here/plain/b.csv'), 'content');
  const failed = await ask<FollowedRun>('run', 'plain', '--wait');
  expect(failed.state).toBe('failed');
  expect(await ask<Incident[]>('incidents')).toMatchObject([{ kind: 'run_failed', route: 'plain' }]);

  await rm(join(home, 'there/plain'));
  const again = await ask<FollowedRun>('rerun', failed.id, '--wait');
  expect(again).toMatchObject({
    state: 'delivered',
    rerunOf: failed.id,
    transfers: [{ state: 'delivered' }],
  });
  expect(await readdir(join(home, 'there/plain'))).toEqual(['b.csv']);
  expect(await ask<Incident[]>('incidents')).toEqual([]);
  expect(await command(['rerun', again.id])).toMatchObject({
    code: 2,
    complaints: expect.stringContaining('delivered everything'),
  });
});

test('a paused route takes runs and begins none; resumed, it delivers; a waiting run can be cancelled', async () => {
  expect((await command(['pause', 'route', 'plain'])).code).toBe(2);
  expect((await command(['pause', 'route', 'plain', '--reason', 'their server moves'])).code).toBe(0);
  await writeFile(join(home, 'here/plain/c.csv'), 'content');
  const cancelled = await ask<Run>('run', 'plain');
  const waiting = await ask<Run>('run', 'plain');
  // Another route works on meanwhile, so that waiting is not mere slowness.
  expect((await command(['run', 'archiving', '--wait'])).code).toBe(0);
  const stateOf = async (id: string) => (await ask<Run[]>('runs')).find((run) => run.id === id)?.state;
  expect(await stateOf(waiting.id)).toBe('queued');
  expect(await ask<Run>('cancel', cancelled.id, '--reason', 'asked for twice')).toMatchObject({
    state: 'cancelled',
    cancelRequestedAt: expect.any(String),
  });
  expect(await command(['pause', 'route', 'plain', '--reason', 'again'])).toMatchObject({
    code: 2,
    complaints: expect.stringContaining('their server moves'),
  });

  expect((await command(['resume', 'route', 'plain'])).code).toBe(0);
  while ((await stateOf(waiting.id)) !== 'delivered');
  expect(await readdir(join(home, 'there/plain'))).toEqual(['b.csv', 'c.csv']);
});
