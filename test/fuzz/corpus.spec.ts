import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CORPUS, readCorpus } from './folders.ts';
import { TARGETS } from './targets/index.ts';

const files = readdirSync(CORPUS, { recursive: true, encoding: 'utf8' })
  .map((path) => join(CORPUS, path))
  .filter((path) => statSync(path).isFile());

describe('the corpus', () => {
  test.each(TARGETS.map((target) => [target.name, target] as const))(
    'has no finding in %s',
    (_name, target) => {
      for (const seed of target.seeds) target.run(Buffer.from(seed));
      for (const input of readCorpus(target)) target.run(input);
    },
  );

  test('is there for every target and for nothing else', () => {
    expect(readdirSync(CORPUS).sort()).toEqual(TARGETS.map(({ name }) => name).sort());
  });

  test('stays small', () => {
    expect(files.length).toBeLessThan(600);
    expect(files.reduce((sum, path) => sum + statSync(path).size, 0)).toBeLessThan(1_000_000);
  });

  test('holds bytes as they were found: no checkout changed a line end', () => {
    expect(existsSync(join(CORPUS, '..', '.gitattributes'))).toBe(true);
    expect(files.some((path) => readFileSync(path).includes('\r\n'))).toBe(true);
  });
});
