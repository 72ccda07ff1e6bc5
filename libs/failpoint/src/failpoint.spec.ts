import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '#config';
import { FAILPOINTS, reach } from '#failpoint';

const home = packageRoot();
const SOURCES = ['apps', 'libs'].flatMap((folder) =>
  readdirSync(join(home, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.spec.ts') && !path.includes('generated'))
    .map((path) => join(home, folder, path)),
);

/** What a process started so takes for `#failpoint`. */
async function resolved(conditions: readonly string[], environment: Record<string, string>): Promise<string> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      ...conditions.map((condition) => `--conditions=${condition}`),
      '--input-type=module',
      '--eval',
      "process.stdout.write(import.meta.resolve('#failpoint'))",
    ],
    { cwd: home, env: { PATH: process.env['PATH'] ?? '', ...environment } },
  );
  return stdout.slice(stdout.lastIndexOf(home) + home.length);
}

const ARMED = { WAYBILL_FAILPOINT: '{"point":"claimed","occurrence":1,"signal":"SIGKILL"}' };
const EMPTY = { built: '/dist/libs/failpoint/src/index.js', source: '/libs/failpoint/src/index.ts' };

describe('what is built', () => {
  it.each([
    ['as it is started', {}],
    ['told of a point to die at', ARMED],
    ['with the condition of the tests', { ...ARMED, NODE_OPTIONS: '--conditions=waybill-failpoints' }],
  ])('has the empty failpoint, %s', async (_how, environment) => {
    expect(await resolved([], environment)).toBe(EMPTY.built);
  });

  it('is compiled from the empty one, and no file of it names the armed one', () => {
    const naming = SOURCES.filter((path) =>
      /armed-failpoint|WAYBILL_FAILPOINT/.test(readFileSync(path, 'utf8')),
    );
    expect(naming).toEqual([]);
    expect(readFileSync(join(home, 'tsconfig.build.json'), 'utf8')).toContain('"include": ["apps", "libs"]');
  });
});

describe('the sources', () => {
  it('have the empty failpoint too, whatever the environment says', async () => {
    expect(await resolved(['waybill-source'], ARMED)).toBe(EMPTY.source);
    // And so has this test, whatever Vite makes of the pattern "#*".
    expect(reach('claimed')).toBeUndefined();
    expect(String(reach).replace(/\s/g, '')).toMatch(/^functionreach\(_point\)\{\}$/);
  });

  it('are armed only by a condition of their own', async () => {
    expect(await resolved(['waybill-source', 'waybill-failpoints'], {})).toBe(
      '/test/support/armed-failpoint.ts',
    );
  });

  it('reach every point of the list, and no other', () => {
    const reached = SOURCES.flatMap((path) =>
      [...readFileSync(path, 'utf8').matchAll(/\breach\('(\w+)'\)/g)].map((match) => match[1]!),
    );
    expect([...new Set(reached)].sort()).toEqual([...FAILPOINTS].sort());
  });
});
