import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AssuranceLevel, ErrorCode } from '#domain';
import { expectRefused, refusedNames } from '../hostile/support/expectations.ts';
import { without } from '../hostile/support/scripts.ts';
import { filesIn, type Scene, Stage } from '../hostile/support/stage.ts';

/** What a route may say of its files, through the whole product and an FTPS server, where no other spec shows it. */

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage.close());

const directions = ['pull', 'push'] as const;
const states = (scene: Scene) => scene.run.transfers.map(({ state }) => state);
const disposals = (scene: Scene) =>
  scene.events
    .filter(({ action }) => action === 'transfer.disposed')
    .map(({ details }) => details as { source: string; note: string })
    .map(({ source, note }) => ({ source, note }));

describe.each(directions)('%s: what becomes of the source', (direction) => {
  const files = { 'a.csv': 'one', 'b.csv': 'two' };

  it('keep: it stays, and is known again', async () => {
    const scene = await stage.play(direction, { files });
    expect(await filesIn(scene.sourceDirectory)).toEqual(files);
    expect(disposals(scene)).toEqual([]);
    expect(states(await stage.again(scene))).toEqual(['suppressed', 'suppressed']);
  });

  it('delete: it goes after the other side has it, on record', async () => {
    const scene = await stage.play(direction, { files, route: { afterDelivery: { source: 'delete' } } });
    expect(states(scene)).toEqual(['delivered', 'delivered']);
    expect(await filesIn(scene.sourceDirectory)).toEqual({});
    expect(await filesIn(scene.targetDirectory)).toEqual(files);
    expect(disposals(scene)).toEqual([
      { source: 'delete', note: 'deleted' },
      { source: 'delete', note: 'deleted' },
    ]);
    const actions = scene.events.map(({ action }) => action);
    expect(actions.indexOf('transfer.published')).toBeLessThan(actions.indexOf('transfer.disposed'));
  });

  it('archive: every version is kept, under a name that says where', async () => {
    const folder = direction === 'pull' ? '/out' : '/outbox';
    const scene = await stage.play(direction, {
      files: { 'a.csv': 'first' },
      route: {
        destination: { onExisting: 'version' },
        afterDelivery: { source: 'archive', to: `${folder}/done` },
      },
    });
    await writeFile(join(scene.sourceDirectory, 'a.csv'), 'second one');
    const again = await stage.again(scene);
    expect([...states(scene), ...states(again)]).toEqual(['delivered', 'delivered']);
    expect(await readdir(scene.sourceDirectory)).toEqual(['done']);
    expect(await filesIn(join(scene.sourceDirectory, 'done'))).toEqual({
      'a-2.csv': 'second one',
      'a.csv': 'first',
    });
    expect(disposals(again)).toEqual([{ source: 'archive', note: `archived to ${folder}/done/a-2.csv` }]);
  });
});

describe('what stands at a local destination already', () => {
  it.each([
    ['refuse', 'failed', { 'a.csv': 'theirs' }],
    ['overwrite', 'delivered', { 'a.csv': 'ours' }],
    ['version', 'delivered', { 'a-2.csv': 'ours', 'a.csv': 'theirs' }],
  ] as const)('%s: the run is %s', async (onExisting, state, result) => {
    const scene = await stage.pull({
      files: { 'a.csv': 'ours' },
      present: { 'a.csv': 'theirs' },
      route: { destination: { onExisting }, afterDelivery: { source: 'delete' } },
    });
    expect(scene.run.state).toBe(state);
    expect(scene.run.transfers[0]!.errorCode).toBe(state === 'failed' ? 'destination_exists' : null);
    expect(await filesIn(scene.targetDirectory)).toEqual(result);
    expect(await filesIn(scene.sourceDirectory)).toEqual(state === 'failed' ? { 'a.csv': 'ours' } : {});
  });
});

describe.each(directions)('%s: how strongly a delivery is proved', (direction) => {
  const route = (minimum: AssuranceLevel) => ({
    verify: { minimum },
    afterDelivery: { source: 'delete' as const },
  });

  it.each([
    ['none', 'size'],
    ['size', 'size'],
    ['read_back', 'hash_by_server'],
    ['hash_by_server', 'hash_by_server'],
  ] as const)('minimum %s, where the server hashes: %s', async (minimum, reached) => {
    const scene = await stage.play(direction, { route: route(minimum) });
    expect(scene.run.transfers).toMatchObject([{ state: 'delivered', assurance: reached }]);
    expect(scene.verbs().includes('HASH')).toBe(reached === 'hash_by_server');
    expect(await filesIn(scene.sourceDirectory)).toEqual({});
  });

  const noHash = without(/ (HASH|XSHA256).*\r\n/g);
  it.each([
    ['none', 'size'],
    ['size', 'size'],
    ['read_back', 'read_back'],
  ] as const)('minimum %s, where no server hashes: %s', async (minimum, reached) => {
    const scene = await stage.play(direction, { faults: noHash, route: route(minimum) });
    expect(scene.run.transfers).toMatchObject([{ state: 'delivered', assurance: reached }]);
    expect(await filesIn(scene.sourceDirectory)).toEqual({});
  });

  it('a minimum that nobody can reach leaves the source where it is, and nothing at the destination', async () => {
    const scene = await stage.play(direction, { faults: noHash, route: route('hash_by_server') });
    await expectRefused(stage, scene, 'assurance_too_low' satisfies ErrorCode);
  });
});

describe('a source that changes', () => {
  it('is taken as it is now by the next run, which knows it for another version', async () => {
    let changes = 0;
    const scene = await stage.pull({
      files: { 'a.csv': 'old' },
      faults: (sim) => ({
        answer(reply, { verb }) {
          // The listing is confirmed: now somebody replaces the file.
          if (verb === 'MLSD' && reply.startsWith('226') && changes++ === 0) {
            void writeFile(join(sim.root, 'out/a.csv'), 'new bytes');
            return [{ pauseMs: 100 }, `${reply}\r\n`];
          }
          return undefined;
        },
      }),
    });
    expect(scene.run.transfers).toMatchObject([{ state: 'failed', errorCode: 'source_changed' }]);
    expect(await filesIn(scene.targetDirectory)).toEqual({});
    const again = await stage.again(scene);
    expect(states(again)).toEqual(['delivered']);
    expect(await filesIn(scene.targetDirectory)).toEqual({ 'a.csv': 'new bytes' });
  });
});

describe('selection', () => {
  it.each(directions)(
    '%s by a regular expression takes what it says, whole names only',
    async (direction) => {
      const files = {
        'POS_20261121.csv': '1',
        'POS_1.csv': '2',
        'xPOS_20261121.csv': '3',
        'POS_20261122.csv.tmp': '4',
      };
      const scene = await stage.play(direction, {
        files,
        route: { source: { select: [], regex: 'POS_\\d{8}\\.csv' } },
      });
      expect(scene.run.state).toBe('delivered');
      expect(await filesIn(scene.targetDirectory)).toEqual({ 'POS_20261121.csv': '1' });
    },
  );

  it('an expression that would hang other engines costs a run nothing', async () => {
    const name = `${'a'.repeat(200)}!`;
    const began = Date.now();
    const scene = await stage.pull({
      files: { [name]: 'x' },
      route: { source: { select: [], regex: '(a+)+(a|aa)+b' } },
    });
    expect(scene.run).toMatchObject({ state: 'delivered', transfers: [] });
    expect(Date.now() - began).toBeLessThan(10_000);
  });

  it('an expression of an older version that is none fails the run with its reason', async () => {
    const scene = await stage.pull({ route: { source: { select: [], regex: '(?=a)' } } });
    expect(scene.run).toMatchObject({
      state: 'failed',
      errorCode: 'invalid_configuration',
      errorDetail: expect.stringContaining('source.regex'),
    });
  });
});

describe.each(directions)('%s by marker files', (direction) => {
  it('takes each file in the run that finds its marker, and never the markers', async () => {
    const scene = await stage.play(direction, {
      files: { 'a.csv': '1', 'a.csv.done': '', 'b.csv': '2' },
      route: { source: { marker: '{name}.done' }, afterDelivery: { source: 'delete' } },
    });
    expect(scene.run.state).toBe('delivered');
    expect(await filesIn(scene.targetDirectory)).toEqual({ 'a.csv': '1' });
    expect(await filesIn(scene.sourceDirectory)).toEqual({ 'b.csv': '2' });
    expect(refusedNames(scene)).toEqual([
      { shown: 'b.csv', reason: expect.stringContaining('b.csv.done is not there yet') },
    ]);
    await writeFile(join(scene.sourceDirectory, 'b.csv.done'), '');
    await stage.again(scene);
    expect(await filesIn(scene.targetDirectory)).toEqual({ 'a.csv': '1', 'b.csv': '2' });
    expect(await filesIn(scene.sourceDirectory)).toEqual({});
  });

  it('archives the marker with its file', async () => {
    const folder = direction === 'pull' ? '/out' : '/outbox';
    const scene = await stage.play(direction, {
      files: { 'a.csv': '1', 'a.ok': 'sum' },
      route: {
        source: { marker: '{stem}.ok' },
        afterDelivery: { source: 'archive', to: `${folder}/done` },
      },
    });
    expect(scene.run.state).toBe('delivered');
    expect(await filesIn(join(scene.sourceDirectory, 'done'))).toEqual({ 'a.csv': '1', 'a.ok': 'sum' });
  });
});

describe('names at the destination', () => {
  it('with date and time are of the moment the run was asked for, the same in every attempt', async () => {
    let broken = 0;
    const scene = await stage.push({
      files: { 'a.csv': 'x' },
      attempts: 3,
      route: { destination: { name: '{stem}-{date}T{time}{extension}' } },
      faults: {
        answer: (reply, { verb }) =>
          verb === 'STOR' && reply.startsWith('150') && broken++ < 2
            ? [{ pauseMs: 1_100 }, '450 Busy.\r\n']
            : undefined,
      },
    });
    const { createdAt } = await stage.product.store.db.run.findUniqueOrThrow({ where: { id: scene.run.id } });
    const stamp = createdAt.toISOString().replace(/[-:]|\.\d+Z$/g, '');
    expect(scene.attempts.map(({ outcome }) => outcome)).toEqual(['failed', 'failed', 'delivered']);
    expect(scene.run.transfers[0]!.destinationPath).toBe(`/in/a-${stamp}.csv`);
    expect(await filesIn(scene.targetDirectory)).toEqual({ [`a-${stamp}.csv`]: 'x' });
  });

  it.each(directions)(
    '%s: two files that would get one name: the second stays, and the run says why',
    async (direction) => {
      const scene = await stage.play(direction, {
        files: { 'a.csv': '1', 'a.txt': '2', 'b.csv': '3' },
        route: { destination: { name: '{stem}.dat' }, afterDelivery: { source: 'delete' } },
      });
      expect(await filesIn(scene.targetDirectory)).toEqual({ 'a.dat': '1', 'b.dat': '3' });
      expect(await filesIn(scene.sourceDirectory)).toEqual({ 'a.txt': '2' });
      expect(refusedNames(scene)).toEqual([
        { shown: 'a.txt', reason: expect.stringContaining('a.csv of the same run has') },
      ]);
    },
  );

  it.each([
    ['in case', 'A.csv', 'a.csv'],
    ['in Unicode form', 'cafe\u0301.csv', 'caf\u00e9.csv'],
  ])('row 47: twins %s under `overwrite` cost neither its bytes', async (_, one, other) => {
    for (let round = 0; round < 3; round++) {
      const scene = await stage.push({
        files: { [one]: 'the one', [other]: 'the other' },
        sim: { foldsNames: true, renameReplaces: true },
        route: { destination: { onExisting: 'overwrite' }, afterDelivery: { source: 'delete' }, lanes: 4 },
      });
      const left = Object.values(await filesIn(scene.sourceDirectory));
      const arrived = Object.values(await filesIn(scene.targetDirectory));
      expect([...left, ...arrived].sort()).toEqual(['the one', 'the other']);
      expect(refusedNames(scene)).toHaveLength(1);
    }
  });
});
