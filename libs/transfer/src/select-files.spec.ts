import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Placement, Selection } from '#domain';
import { openLocalSession } from '#localfs';
import type { RemoteSession } from '#protocol';
import { disposeSource } from './dispose-source.ts';
import { lookAtFiles } from './look-at-files.ts';
import { markerPath } from './markers.ts';
import type { MoveOrder } from './order.ts';
import { placeFiles } from './place-files.ts';
import { momentParts } from './run-moment.ts';
import { selectFiles } from './select-files.ts';

const signal = new AbortController().signal;
const moment = { dueAt: new Date('2026-07-14T23:15:30.000Z'), timezone: 'Europe/London' };
const SELECTION: Selection = {
  endpoint: 'source',
  path: '/out',
  select: ['*'],
  exclude: [],
  recursive: false,
  settleMs: 0,
};
const PLACEMENT: Placement = { endpoint: 'destination', path: '/in', name: '{name}', onExisting: 'refuse' };

let root: string;
let source: RemoteSession;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'waybill-select-'));
  source = await openLocalSession(
    { endpoint: { name: 'source', protocol: 'local', root, maxSessions: 4 } },
    { negotiated() {}, negotiationClosed() {}, transcript() {} },
    signal,
  );
});

afterEach(async () => {
  await source.close();
  await rm(root, { recursive: true, force: true });
});

async function plant(...names: string[]): Promise<void> {
  for (const name of names) {
    await mkdir(dirname(join(root, 'out', name)), { recursive: true });
    await writeFile(join(root, 'out', name), name);
  }
}

async function select(selection: Partial<Selection>, placement: Partial<Placement> = {}) {
  const { files, refused } = await selectFiles(
    source,
    { ...SELECTION, ...selection },
    { ...PLACEMENT, ...placement },
    moment,
    signal,
  );
  return {
    taken: Object.fromEntries(files.map((file) => [file.version.path, file.destinationPath])),
    refused: Object.fromEntries(refused.map(({ shown, reason }) => [shown, reason])),
  };
}

describe('a listing', () => {
  it('gives what matches, and never our own temporary files', async () => {
    await plant('a.csv', 'old-b.csv', 'c.txt', `.waybill-${randomUUID()}-1.part`);
    expect(await select({ exclude: ['old-*', '*.txt'] })).toEqual({
      taken: { '/out/a.csv': '/in/a.csv' },
      refused: {},
    });
  });

  it('keeps its folders below the destination when it recurses', async () => {
    await plant('2026/11/a.csv');
    const { taken } = await select({ select: ['**/*.csv'], recursive: true });
    expect(taken).toEqual({ '/out/2026/11/a.csv': '/in/2026/11/a.csv' });
  });

  it('leaves a file that is still growing to the next run', async () => {
    await plant('a.csv', 'b.csv');
    let listings = 0;
    const growing = new Proxy(source, {
      get(target, key) {
        const value: unknown = Reflect.get(target, key, target);
        if (key !== 'list') return typeof value === 'function' ? value.bind(target) : value;
        return async (path: string, aborted: AbortSignal) => {
          if (++listings === 2) await writeFile(join(root, 'out/b.csv'), 'grown');
          return target.list(path, aborted);
        };
      },
    });
    const settling = { ...SELECTION, settleMs: 5 };
    const { files, refused } = await selectFiles(growing, settling, PLACEMENT, moment, signal);
    expect(files.map((file) => file.version.path)).toEqual(['/out/a.csv']);
    expect(refused).toEqual([{ shown: 'b.csv', reason: 'still changing; taken by the next run' }]);
  });
});

describe('a look', () => {
  const look = async (selection: Partial<Selection>) => {
    const { files, ...counts } = await lookAtFiles(source, { ...SELECTION, ...selection }, signal);
    return { ...counts, whys: Object.fromEntries(files.map(({ path, why }) => [path, why])), files };
  };

  it('says of everything in the folder whether a run would take it, and why not', async () => {
    await plant('a.csv', 'b.csv', 'b.csv.done', 'old.csv', 'c.txt', 'sub/d.csv');
    await plant(`.waybill-${randomUUID()}-1.part`);
    await symlink('a.csv', join(root, 'out/link.csv'));
    const selection = { select: ['*.csv', '*.done'], exclude: ['old*'], marker: '{name}.done' };
    const { whys, files, ...counts } = await look(selection);
    expect(whys).toMatchObject({
      '/out/a.csv': 'no_marker',
      '/out/b.csv': null,
      '/out/b.csv.done': 'marker',
      '/out/old.csv': 'excluded',
      '/out/c.txt': 'not_selected',
      '/out/sub': 'directory',
      '/out/link.csv': 'not_a_file',
    });
    expect(Object.values(whys)).toContain('temporary');
    expect(counts).toMatchObject({ seen: 8, matched: 1 });
    expect(files.find(({ path }) => path === '/out/a.csv')?.says).toContain('its marker a.csv.done');
    const { taken } = await select(selection);
    expect(Object.keys(taken)).toEqual(['/out/b.csv']);
  });

  it('shows the first of very many, some of those that do not match among them, and counts all', async () => {
    const numbers = Array.from({ length: 700 }, (_, index) => `${index}`.padStart(4, '0'));
    await plant(...numbers.map((number) => `${number}.csv`), ...numbers.map((number) => `${number}.txt`));
    const { files, seen, matched, leftOut } = await look({ select: ['*.csv'] });
    expect([seen, matched, leftOut]).toEqual([1_400, 700, { not_selected: 700 }]);
    expect(files).toHaveLength(500);
    expect(files.filter(({ why }) => why === null)).toHaveLength(400);
    expect((await look({ select: ['0001.*'] })).files.filter(({ why }) => why === null)).toHaveLength(2);
  });
});

describe('a regular expression', () => {
  it('is matched against what the globs would see: the path below `path`', async () => {
    await plant('a.csv', '2026/11/b.csv', '2026/c.txt');
    const { taken } = await select({ select: [], regex: '2026/(\\d+/)?[a-z]\\.csv', recursive: true });
    expect(taken).toEqual({ '/out/2026/11/b.csv': '/in/2026/11/b.csv' });
  });
});

describe('a marker', () => {
  it('lets its file go, and is never taken itself', async () => {
    await plant('a.csv', 'a.csv.done', 'b.csv', 'c.csv.done');
    const { taken, refused } = await select({ marker: '{name}.done' });
    expect(taken).toEqual({ '/out/a.csv': '/in/a.csv' });
    expect(refused).toEqual({ 'b.csv': expect.stringContaining('its marker b.csv.done is not there yet') });
  });

  it('need not be selected to count', async () => {
    await plant('a.csv', 'a.ok', 'b.csv');
    const { taken } = await select({ select: ['*.csv'], marker: '{stem}.ok' });
    expect(taken).toEqual({ '/out/a.csv': '/in/a.csv' });
  });

  it('stands beside its file, in every folder', async () => {
    await plant('one/a.csv', 'one/a.csv.done', 'two/a.csv', 'a.csv.done');
    const { taken } = await select({ select: ['**'], recursive: true, marker: '{name}.done' });
    expect(taken).toEqual({ '/out/one/a.csv': '/in/one/a.csv' });
  });

  it('is a file: a folder of that name says nothing', async () => {
    await plant('a.csv', 'a.csv.done/x');
    expect((await select({ marker: '{name}.done' })).taken).toEqual({});
  });

  it('has no marker of its own, and nobody is his own', async () => {
    await plant('a.csv', 'a.csv.done', 'a.csv.done.done', 'b.ok');
    expect((await select({ marker: '{name}.done' })).taken).toEqual({ '/out/a.csv': '/in/a.csv' });
    expect((await select({ select: ['*.ok'], marker: '{stem}.ok' })).taken).toEqual({});
  });

  it('is asked for again when the file has settled', async () => {
    await plant('a.csv', 'a.csv.done');
    let listings = 0;
    const withdrawing = new Proxy(source, {
      get(target, key) {
        const value: unknown = Reflect.get(target, key, target);
        if (key !== 'list') return typeof value === 'function' ? value.bind(target) : value;
        return async (path: string, aborted: AbortSignal) => {
          if (++listings === 2) await rm(join(root, 'out/a.csv.done'));
          return target.list(path, aborted);
        };
      },
    });
    const selection = { ...SELECTION, marker: '{name}.done', settleMs: 1 };
    expect((await selectFiles(withdrawing, selection, PLACEMENT, moment, signal)).files).toEqual([]);
  });
});

describe('the marker of a delivered file', () => {
  async function dispose(afterDelivery: MoveOrder['afterDelivery'], from = source): Promise<void> {
    const { files } = await selectFiles(
      source,
      { ...SELECTION, marker: '{name}.done' },
      PLACEMENT,
      moment,
      signal,
    );
    const order = {
      version: files[0]!.version,
      afterDelivery,
      markerPath: markerPath('{name}.done', files[0]!.version.path),
    } as MoveOrder;
    for await (const _ of disposeSource(order, from, signal));
  }

  it('stays with `keep`, is deleted with `delete`, and goes to the archive with `archive`', async () => {
    await plant('a.csv', 'a.csv.done');
    await dispose({ source: 'keep' });
    expect((await readdir(join(root, 'out'))).sort()).toEqual(['a.csv', 'a.csv.done']);
    await dispose({ source: 'archive', to: '/old' });
    expect((await readdir(join(root, 'old'))).sort()).toEqual(['a.csv', 'a.csv.done']);
    await plant('a.csv', 'a.csv.done');
    await dispose({ source: 'delete' });
    expect(await readdir(join(root, 'out'))).toEqual([]);
  });

  it.each(['delete', 'archive'] as const)(
    'goes first: a worker that dies between the two leaves no marker without a file (%s)',
    async (disposition) => {
      await plant('a.csv', 'a.csv.done');
      const moves: string[] = [];
      const told = new Proxy(source, {
        get(target, key) {
          const value: unknown = Reflect.get(target, key, target);
          if (typeof value !== 'function') return value;
          return (...given: unknown[]) => {
            if (key === 'remove' || key === 'rename') moves.push(String(given[0]));
            return value.apply(target, given);
          };
        },
      });
      await dispose({ source: disposition, to: disposition === 'archive' ? '/old' : undefined }, told);
      expect(moves).toEqual(['/out/a.csv.done', '/out/a.csv']);
    },
  );

  it('stays when a newer version stands under the name: it is that one’s', async () => {
    await plant('a.csv', 'a.csv.done');
    const overtaken = new Proxy(source, {
      get(target, key) {
        const value: unknown = Reflect.get(target, key, target);
        if (key !== 'stat') return typeof value === 'function' ? value.bind(target) : value;
        return async (path: string) => {
          await writeFile(join(root, 'out/a.csv'), 'a newer one');
          return target.stat(path, signal);
        };
      },
    });
    await dispose({ source: 'delete' }, overtaken);
    expect((await readdir(join(root, 'out'))).sort()).toEqual(['a.csv', 'a.csv.done']);
  });
});

describe('names at the destination', () => {
  it('may hold the day and the time at which the run was due, on the clock of its schedule', async () => {
    await plant('a.csv');
    const { taken } = await select({}, { name: '{stem}-{date}T{time}{extension}' });
    expect(taken).toEqual({ '/out/a.csv': '/in/a-20260715T001530.csv' });
    expect(momentParts({ ...moment, timezone: 'UTC' })).toEqual({ date: '20260714', time: '231530' });
    const midnight = { dueAt: new Date('2026-11-21T00:00:00Z'), timezone: 'UTC' };
    expect(momentParts(midnight)).toEqual({ date: '20261121', time: '000000' });
  });

  it('never take a placeholder out of a partner’s name', async () => {
    await plant('{date}.csv');
    expect((await select({}, { name: 'in-{name}' })).taken).toEqual({
      '/out/{date}.csv': '/in/in-{date}.csv',
    });
  });
});

describe('two files of one run that would get one name', () => {
  it('the first by its path gets it, the other is left with a sentence', async () => {
    await plant('a.txt', 'a.csv', 'b.csv');
    const { taken, refused } = await select({}, { name: '{stem}.dat' });
    expect(taken).toEqual({ '/out/a.csv': '/in/a.dat', '/out/b.csv': '/in/b.dat' });
    expect(refused).toEqual({
      'a.txt': 'would get the name /in/a.dat, which a.csv of the same run has',
    });
  });

  it('all get it with `onExisting: version`, numbered before anybody looks at the destination', async () => {
    await plant('a.csv', 'b.csv', 'c.csv', 'all-2');
    const { taken } = await select({ select: ['*.csv'] }, { name: 'all', onExisting: 'version' });
    expect(Object.values(taken).sort()).toEqual(['/in/all', '/in/all-2', '/in/all-3']);
  });

  it.each([
    ['in case', 'A.csv', 'a.csv'],
    ['in Unicode form', 'cafe\u0301.csv', 'caf\u00e9.csv'],
  ])('twins %s would replace each other where a server takes them for one', async (_, first, second) => {
    await plant(first, second);
    const { taken, refused } = await select({}, { onExisting: 'overwrite' });
    expect(taken).toEqual({ [`/out/${first}`]: `/in/${first}` });
    expect(refused).toEqual({ [second]: expect.stringContaining('takes') });
    expect(Object.keys((await select({})).taken)).toHaveLength(2);
  });

  it('never exist in a plan, and none is lost without a word', () => {
    const names = fc.uniqueArray(fc.stringMatching(/^[aAb2-]{1,4}\.(csv|txt)$/), { maxLength: 12 });
    fc.assert(
      fc.property(names, fc.constantFrom('refuse', 'overwrite', 'version'), (given, onExisting) => {
        const files = given.map((name) => ({
          name,
          path: `/out/${name}`,
          kind: 'file' as const,
          sizeBytes: 1n,
          modified: '1',
        }));
        const placement = { ...PLACEMENT, name: '{stem}', onExisting } as Placement;
        const placed = placeFiles({ files, refused: [] }, SELECTION, placement, moment);
        const paths = placed.files.map((file) => file.destinationPath);
        expect(new Set(paths).size).toBe(paths.length);
        expect(placed.files.length + placed.refused.length).toBe(given.length);
        if (onExisting === 'version') expect(placed.refused).toEqual([]);
      }),
    );
  });
});

describe('a run with parameters and named files', () => {
  const chosen = (
    changes: Partial<typeof moment> & { parameters?: object; files?: string[] },
    selection = {},
  ) =>
    selectFiles(
      source,
      { ...SELECTION, ...selection },
      { ...PLACEMENT, name: '{param.day}-{name}', path: '/in/{param.day}' },
      { ...moment, parameters: { day: '{stem}' }, ...changes } as Parameters<typeof selectFiles>[3],
      signal,
    );

  it('names its files in one pass: a value that looks like a template stays as it is', async () => {
    await plant('a.csv');
    const { files } = await chosen({});
    expect(files.map(({ destinationPath }) => destinationPath)).toEqual(['/in/{stem}/{stem}-a.csv']);
  });

  it('takes only what was named of what the route selects, and says of each other why not', async () => {
    await plant('a.csv', 'b.csv', 'c.tmp', 'sub/d.csv');
    const { files, missing } = await chosen(
      { files: ['b.csv', 'c.tmp', 'gone.csv', 'sub/d.csv'] },
      { exclude: ['*.tmp'] },
    );
    expect(files.map(({ version }) => version.path)).toEqual(['/out/b.csv']);
    expect(missing.map(({ path, reason }) => [path, reason])).toEqual([
      ['/out/c.tmp', 'It was asked for, and the route does not select it.'],
      ['/out/gone.csv', 'It was asked for, and is not in /out.'],
      ['/out/sub/d.csv', 'It was asked for, and the route does not look into folders.'],
    ]);
  });

  it('looks only into the folders of what was named', async () => {
    await plant('a/b/c.csv', 'a/x/d.csv', 'z/e.csv');
    const looked: string[] = [];
    const watching: RemoteSession = Object.assign(Object.create(source) as RemoteSession, {
      list: (path: string) => {
        looked.push(path);
        return source.list(path, signal);
      },
    });
    const { files, missing } = await selectFiles(
      watching,
      { ...SELECTION, recursive: true, select: ['**'] },
      PLACEMENT,
      { ...moment, files: ['a/b/c.csv'] },
      signal,
    );
    expect(looked).toEqual(['/out', '/out/a', '/out/a/b']);
    expect(files.map(({ destinationPath }) => destinationPath)).toEqual(['/in/a/b/c.csv']);
    expect(missing).toEqual([]);
  });

  it('says why a file that was named is left out', async () => {
    await plant('a.csv');
    const { missing } = await selectFiles(
      source,
      { ...SELECTION, marker: '{name}.done' },
      PLACEMENT,
      { ...moment, files: ['a.csv'] },
      signal,
    );
    expect(missing).toEqual([
      expect.objectContaining({ path: '/out/a.csv', reason: expect.stringContaining('marker a.csv.done') }),
    ]);
  });
});
