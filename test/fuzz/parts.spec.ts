import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { paint, ReachedCode } from './block-coverage.ts';
import { readCorpus, replaceCorpus, saveInput } from './folders.ts';
import { mutate } from './mutate.ts';
import { readOptions, replayCommand } from './options.ts';
import { Random, seedOf } from './random.ts';
import { shrink } from './shrink.ts';
import type { Target } from './target.ts';

const range = (startOffset: number, endOffset: number, count: number) => ({ startOffset, endOffset, count });
const script = (...ranges: Array<ReturnType<typeof range>>) => [
  { scriptId: '1', url: 'file:///x.ts', functions: [{ functionName: '', ranges, isBlockCoverage: true }] },
];

describe('reached code', () => {
  test('is painted from outer ranges to inner ones', () => {
    const [measured] = script(range(0, 10, 3), range(2, 6, 0), range(4, 5, 1));
    expect([...paint(measured!.functions)]).toEqual([1, 1, 0, 0, 1, 0, 1, 1, 1, 1]);
  });

  test('is new only where it was never reached, however the ranges were joined', () => {
    const reached = new ReachedCode();
    expect(reached.add(script(range(0, 10, 1), range(4, 8, 0)))).toBe(6);
    expect(reached.countNew(script(range(0, 4, 9)))).toBe(0);
    expect(reached.countNew(script(range(0, 10, 2), range(6, 8, 0)))).toBe(2);
    expect(reached.characters).toBe(6);
    expect(reached.add(script(range(8, 12, 1)))).toBe(2);
    expect(reached.characters).toBe(8);
  });
});

describe('mutations', () => {
  const material = { words: ['227 ', '(|||'], others: [Buffer.from('other\r\n12')], maxBytes: 9000 };
  const many = (seed: number) => {
    const random = new Random(seed);
    return Array.from({ length: 3000 }, () => mutate(Buffer.from('213 12345\r\n'), random, material));
  };

  test('are the same for the same seed, and others for another', () => {
    expect(many(1)).toEqual(many(1));
    expect(many(1)).not.toEqual(many(2));
  });

  test('leave their input as it was, and stay within the limit', () => {
    const input = Buffer.from('213 12345\r\n');
    const random = new Random(5);
    for (let time = 0; time < 3000; time += 1) {
      const changed = mutate(input, random, { ...material, maxBytes: 20 });
      expect(changed.length).toBeLessThanOrEqual(20);
    }
    expect(input.toString()).toBe('213 12345\r\n');
  });

  test.each<[string, (text: string) => boolean]>([
    ['words', (text) => text.includes('(|||')],
    ['pieces of other inputs', (text) => /other|r\r\n12$/.test(text)],
    ['telling numbers', (text) => text.includes('213 9223372036854775808')],
    ['lines of telling lengths', (text) => text.split('\r\n').some(({ length }) => length === 8192)],
    ['single bits', (text) => text === '213 1234%\r\n' || /^2[13]3 1\d345\r\n$/.test(text)],
    ['a line twice', (text) => text === '213 12345\r\n213 12345\r\n'],
    ['missing ends', (text) => '213 12345\r\n'.startsWith(text)],
  ])('bring %s', (_what, isOne) => {
    expect(many(3).some((input) => isOne(input.toString('latin1')))).toBe(true);
  });

  test('make something of nothing', () => {
    const random = new Random(1);
    const made = Array.from({ length: 50 }, () =>
      mutate(Buffer.alloc(0), random, { ...material, others: [] }),
    );
    expect(made.some(({ length }) => length > 0)).toBe(true);
  });
});

describe('random numbers', () => {
  test('reach every value below the limit, and no other', () => {
    const random = new Random(42);
    const drawn = new Set(Array.from({ length: 1000 }, () => random.below(7)));
    expect([...drawn].sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(() => random.pick([])).toThrow(RangeError);
    expect(seedOf(Buffer.from('a'))).not.toBe(seedOf(Buffer.from('b')));
  });
});

describe('a failing input', () => {
  test('is shrunk to what it needs', () => {
    const input = Buffer.from(`${'x'.repeat(500)}a${'y'.repeat(500)}b`);
    const needs = (text: Buffer) => /a.*b/s.test(text.toString());
    expect(shrink(input, needs).toString()).toBe('ab');
  });

  test('is given up on after so many bytes', () => {
    let tries = 0;
    shrink(
      Buffer.alloc(1000),
      () => {
        tries += 1;
        return false;
      },
      5_000,
    );
    expect(tries).toBeLessThan(12);
  });
});

describe('the command line', () => {
  const names = ['feat', 'size-213'];

  test('has a minute, seed 1 and all targets where nothing is said', () => {
    expect(readOptions([], names)).toEqual({
      seconds: 60,
      seed: 1,
      target: undefined,
      replay: undefined,
      keep: false,
    });
    expect(readOptions(['--seconds', '5', '--seed', '9', '--target', 'feat', '--keep'], names)).toMatchObject(
      {
        seconds: 5,
        seed: 9,
        target: 'feat',
        keep: true,
      },
    );
  });

  test.each([
    [['--seconds', 'long'], '--seconds long is no time'],
    [['--seconds', '0'], '--seconds 0 is no time'],
    [['--seed', '-1'], 'argument is ambiguous'],
    [['--seed', '1.5'], '--seed 1.5 is not a whole number'],
    [['--target', 'x'], 'no target x; there are feat, size-213'],
    [['--replay', 'x/f'], 'x/f is not in the folder of a target'],
    [['--fast'], '--fast'],
  ])('%j is refused', (args, words) => {
    expect(readOptions(args, names)).toContain(words);
  });

  test('of a replay is one that it reads', () => {
    const args = replayCommand('test/fuzz/findings/feat/x').split(' -- ')[1]!.split(' ');
    expect(readOptions(args, names)).toMatchObject({ replay: 'test/fuzz/findings/feat/x', target: 'feat' });
    expect(readOptions([...args, '--target', 'size-213'], names)).toMatchObject({ target: 'size-213' });
  });
});

test('a corpus is replaced as a whole; without one there are the seeds', () => {
  const folder = mkdtempSync(join(tmpdir(), 'waybill-corpus-'));
  try {
    const target: Target = { name: 'feat', seeds: ['211'], words: [], run: () => [] };
    expect(readCorpus(target, folder).map(String)).toEqual(['211']);
    const file = saveInput(folder, 'feat', Buffer.from('old'));
    expect(saveInput(folder, 'feat', Buffer.from('old'))).toBe(file);
    replaceCorpus(target, [Buffer.from('a\r\n'), Buffer.from('b')], folder);
    expect(readCorpus(target, folder).map(String).sort()).toEqual(['a\r\n', 'b']);
    expect(readdirSync(join(folder, 'feat'))).toHaveLength(2);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
