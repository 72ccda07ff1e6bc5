import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { brokenRules, MAY_IMPORT } from './support/import-rules.ts';
import { readSource } from './support/read-imports.ts';

const home = fileURLToPath(new URL('..', import.meta.url));

/** Names what it must not find. */
const ABOUT_THE_RULES = new Set(['test/imports.spec.ts', 'test/support/import-rules.ts']);

const sources = ['apps', 'libs', 'test']
  .flatMap((folder) =>
    readdirSync(join(home, folder), { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path)),
  )
  .map((path) => path.split(sep).join('/'))
  .filter(
    (path) =>
      /\.(ts|tsx|mts)$/.test(path) && !path.includes('/generated/') && !path.includes('node_modules/'),
  )
  .filter((path) => !ABOUT_THE_RULES.has(path));

describe('imports', () => {
  it('are read from real files, and many of them', () => {
    expect(sources.length).toBeGreaterThan(100);
    const read = sources.flatMap((path) => readSource(readFileSync(join(home, path), 'utf8')).imports);
    expect(read.length).toBeGreaterThan(sources.length * 2);
  });

  it('go down only, and packages stay in the rooms that own them', () => {
    const broken = sources.flatMap((path) => brokenRules(path, readFileSync(join(home, path), 'utf8')));
    expect(broken).toEqual([]);
  });

  it('have a row for every room that exists', () => {
    const rooms = ['apps', 'libs'].flatMap((folder) =>
      readdirSync(join(home, folder), { withFileTypes: true })
        .filter((entry) => entry.isDirectory() && existsSync(join(home, folder, entry.name, 'src')))
        .map((entry) => `${folder}/${entry.name}`),
    );
    expect(rooms.filter((room) => !(room in MAY_IMPORT))).toEqual([]);
  });

  it('form no circle', () => {
    const reaches = (from: string, seen: Set<string>): Set<string> => {
      for (const name of MAY_IMPORT[from] ?? []) {
        const room = name.replace(/ \(types\)$/, '').replace(/^(?!apps\/)/, 'libs/');
        if (!seen.has(room)) reaches(room, seen.add(room));
      }
      return seen;
    };
    const circular = Object.keys(MAY_IMPORT).filter((room) => reaches(room, new Set()).has(room));
    expect(circular).toEqual([]);
  });
});

it('the checker of deliveries (test/checker) shares no code with the product', () => {
  const own = sources.filter((path) => path.startsWith('test/checker/'));
  expect(own).not.toEqual([]);
  for (const path of own)
    for (const { specifier } of readSource(readFileSync(join(home, path), 'utf8')).imports)
      expect(specifier).toMatch(/^(pg$|node:|\.\/[a-z-]+\.ts$)/);
});

describe('the checker', () => {
  const wrong: [path: string, text: string, sentence: string][] = [
    [
      'libs/transfer/src/x.ts',
      "import { openFtpsSession } from '#ftps';",
      'imports #ftps, which transfer may not',
    ],
    [
      'libs/transfer/src/x.ts',
      "import type { Store } from '#store';",
      'imports #store, which transfer may not',
    ],
    ['libs/ftps/src/x.ts', "export * from '#localfs';", 'imports #localfs, which ftps may not'],
    ['libs/ftps/src/x.ts', "const { openLocalSession } = await import('#localfs');", 'imports #localfs'],
    ['libs/domain/src/x.ts', "import '#protocol';", 'imports #protocol, which domain may not'],
    [
      'apps/api/src/x.ts',
      "type M = import('#transfer').MoveOrder;",
      'imports #transfer, which apps/api may not',
    ],
    [
      'apps/api/src/x.ts',
      "import {\n  a,\n  b as c,\n} from '#ftps';",
      'imports #ftps, which apps/api may not',
    ],
    ['apps/worker/src/x.ts', "import { a } from '#apps/scheduler';", 'which apps/worker may not'],
    ['apps/scheduler/src/x.ts', "import { revealSecret } from '#secrets';", 'which apps/scheduler may not'],
    ['libs/audit/src/x.ts', "import { moveFile } from '#transfer';", 'of which audit may import types only'],
    ['libs/ftps/src/x.ts', "import { a } from '../../localfs/src/x.ts';", 'which leaves libs/ftps'],
    ['apps/api/src/x.ts', "import { a } from '../../worker/src/x.ts';", 'which leaves apps/api'],
    ['libs/queue/src/x.ts', "import { startTestDatabase } from '#store/testing';", 'which is for tests'],
    ['libs/ftps/src/x.ts', "import { it } from 'vitest';", 'which only tests may'],
    ['libs/ftps/src/x.ts', "import { a } from './x.spec.ts';", 'which is for tests'],
    ['libs/audit/src/x.ts', "import { Queue } from 'bullmq';", 'imports bullmq, which only libs/queue may'],
    [
      'libs/audit/src/x.spec.ts',
      "import { Queue } from 'bullmq';",
      'imports bullmq, which only libs/queue may',
    ],
    ['libs/audit/src/x.ts', "import { Prisma } from '@prisma/client';", 'which only libs/store may'],
    ['apps/worker/src/x.ts', "import { Client } from 'ssh2';", 'which only libs/sftp may'],
    [
      'apps/worker/src/x.ts',
      "import { exec } from 'node:child_process';",
      'which only libs/store and apps/cli may',
    ],
    [
      'apps/worker/src/x.ts',
      "process.getBuiltinModule('child_process');",
      'which only libs/store and apps/cli may',
    ],
    ['libs/transfer/src/x.ts', "import { Injectable } from '@nestjs/common';", 'which only apps/api may'],
    ['apps/worker/src/x.ts', 'await import(name);', 'computes the name of an import'],
    ['libs/unheard/src/x.ts', "import { a } from '#domain';", 'has no row in the table'],
    ['apps/worker/src/x.ts', 'const home = process.env.HOME;', 'reads process.env'],
    ['apps/worker/src/x.ts', "const home = process['env'].HOME;", 'reads process.env'],
    ['apps/worker/src/x.ts', 'const { env } = process;', 'reads process.env'],
    ['apps/worker/src/x.ts', "import { env } from 'node:process';", 'reads process.env'],
    ['libs/schedule/src/x.ts', 'const now = Date.now();', 'reads the clock'],
    ['libs/domain/src/x.ts', 'const now = new Date();', 'reads the clock'],
    ['libs/ftps/src/x.ts', 'connect({ rejectUnauthorized: false });', 'certificates are always checked'],
    ['libs/ftps/src/x.spec.ts', "connect({ 'rejectUnauthorized': !1 });", 'certificates are always checked'],
    ['test/e2e/x.spec.ts', 'options.rejectUnauthorized = false;', 'certificates are always checked'],
  ];

  it.each(wrong)('reports in %s: %s', (path, text, sentence) => {
    const broken = brokenRules(path, text);
    expect(broken).toHaveLength(1);
    expect(broken[0]).toContain(path);
    expect(broken[0]).toContain(sentence);
  });

  it('says the place, the import and the room in one line', () => {
    const text = "// the engine\nimport { a } from './order.ts';\nimport { openFtpsSession } from '#ftps';\n";
    expect(brokenRules('libs/transfer/src/x.ts', text)).toEqual([
      'libs/transfer/src/x.ts:3 imports #ftps, which transfer may not',
    ]);
  });

  it.each([
    ['a comment', "// import { a } from '#ftps';\n/* import('#ftps') process.env */"],
    ['a string', 'const text = "import { a } from \'#ftps\'; process.env";'],
    ['a template', "const text = `import { a } from '#ftps'`;"],
    ['a regular expression', "const quote = /['\"`]/; // '\nconst other = /import '#ftps'/;"],
    ['a name of its own', "import { a } from './process.env.ts';\nconst from = processes.env;"],
    ['what is checked', 'connect({ rejectUnauthorized: true });'],
  ])('takes no offence at %s', (_what, text) => {
    expect(brokenRules('libs/transfer/src/x.ts', text)).toEqual([]);
  });

  it('goes on after a regular expression with quotes in it', () => {
    const text = "const quote = /['\"`]/;\nimport { a } from '#ftps';";
    expect(brokenRules('libs/transfer/src/x.ts', text)).toHaveLength(1);
  });

  it('lets tests import adapters, other apps and their tools', () => {
    const text =
      "import { it } from 'vitest';\nimport { a } from '#localfs';\nimport { b } from '#apps/partner-sim';";
    expect(brokenRules('libs/transfer/src/x.spec.ts', text)).toEqual([]);
    expect(brokenRules('libs/transfer/testing/x.ts', text)).toEqual([]);
  });
});
