import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readPassive } from '../../libs/ftps/src/passive-address.ts';
import { BlockCoverage } from './block-coverage.ts';
import { Fuzzer, failureOf } from './fuzzer.ts';
import { holds, type Target } from './target.ts';
import { passiveTarget } from './targets/passive.ts';

let coverage: BlockCoverage;
beforeAll(() => {
  coverage = new BlockCoverage((url) => url.includes('planted-bugs'));
});
afterAll(() => coverage.stop());

async function planted(): Promise<typeof import('./testing/planted-bugs.ts')> {
  return import('./testing/planted-bugs.ts');
}

function target(run: (input: Buffer) => void): Target {
  const judged = (input: Buffer) => {
    run(input);
    return [];
  };
  return { name: 'planted', seeds: ['x'], words: [], maxBytes: 64, run: judged };
}

describe('the fuzzer', () => {
  test('finds a bug behind four decisions, which chance alone does not', async () => {
    const { readVersion } = await planted();
    const blind: Target = target((input) => readVersion(input));
    const found = await new Fuzzer(blind, coverage, 1).run([Buffer.from('x')], { maxExecutions: 20_000 });
    expect(found.finding?.error.message).toBe('planted');
    expect(found.finding?.input.toString('latin1')).toBe('bug!');
    expect(found.executions).toBeLessThan(20_000);

    const nothing = new BlockCoverageOfNothing();
    const without = await new Fuzzer(blind, nothing, 1).run([Buffer.from('x')], { maxExecutions: 20_000 });
    expect(without.finding).toBeUndefined();
  });

  test('lets promises that a parser left behind settle before there are many', async () => {
    let [waiting, most] = [0, 0];
    const promising = target(() => {
      waiting += 1;
      most = Math.max(most, waiting);
      void Promise.reject(new Error('later')).catch(() => {
        waiting -= 1;
      });
    });
    await new Fuzzer(promising, coverage, 1).run([Buffer.from('x')], { maxExecutions: 3_000 });
    expect(most).toBeLessThanOrEqual(256);
  });

  test('does the same for the same seed', async () => {
    const { readVersion } = await planted();
    const run = () =>
      new Fuzzer(target(readVersion), coverage, 11).run([Buffer.from('x')], { maxExecutions: 3_000 });
    expect(await run()).toEqual(await run());
  });

  test('finds a wrong answer that throws nothing, and shrinks its input', async () => {
    const { readSmallNumber } = await planted();
    const oracle = target((input) => holds((readSmallNumber(input) ?? 0) <= 255, 'more than a byte'));
    const { finding } = await new Fuzzer(oracle, coverage, 3).run([Buffer.from('port 12 of 9')], {
      maxExecutions: 5_000,
    });
    expect(finding?.error.name).toBe('WrongAnswer');
    expect(finding?.input.toString('latin1')).toMatch(/^[2-9]\d\d$/);
  });

  test('finds a limit that is off by one in a copy of a parser, and nothing in the parser', async () => {
    const { readPassiveOffByOne } = await planted();
    const run = (read: typeof readPassive, maxExecutions: number) => {
      const under = passiveTarget(read);
      const seeds = under.seeds.map((text) => Buffer.from(text));
      return new Fuzzer(under, coverage, 1).run(seeds, { maxExecutions });
    };
    const { finding, executions } = await run(readPassiveOffByOne, 30_000);
    expect(finding?.error.message).toBe('port 1023');
    expect(finding?.input.toString('latin1')).toMatch(/,3,255$/);
    const right = await run(readPassive, executions);
    expect(right).toMatchObject({ finding: undefined, executions });
  });

  test('calls an input slow that takes long each time, and ends what never ends', async () => {
    const slow = target(() => {
      // Asking for the time is itself work of the system more than of this thread's own code.
      for (const begun = process.threadCpuUsage(), spent = () => process.threadCpuUsage(begun); ; ) {
        const { user, system } = spent();
        if (user + system > 300_000) return;
      }
    });
    const { finding, executions } = await new Fuzzer(slow, coverage, 1).run([Buffer.from('x')], {
      maxExecutions: 9,
    });
    expect(finding?.error.message).toMatch(/^needs more than 250 ms/);
    expect(executions).toBe(1);
    const endless = target(() => {
      for (;;);
    });
    expect(failureOf(endless, Buffer.from('x'), 50)).toMatchObject({
      name: 'TooSlow',
      message: 'is not back after 50 ms',
    });
  });

  test('keeps the shortest inputs that reach what all of them reach', async () => {
    const { readVersion } = await planted();
    const fuzzer = new Fuzzer(target(readVersion), coverage, 1);
    const inputs = ['buzz', 'b', 'bu', 'bbbb', 'xyz', 'x'].map((text) => Buffer.from(text));
    expect(fuzzer.smallestSet(inputs).map(String)).toEqual(['b', 'bu']);
  });
});

/** What a fuzzer without coverage sees. */
class BlockCoverageOfNothing extends BlockCoverage {
  constructor() {
    super(() => false);
  }
}
