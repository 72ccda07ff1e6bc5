import type { Reporter, TestCase, TestModule } from 'vitest/node';
import { PROMISES } from '../promises.ts';
import { isShownBy } from './promise-tests.ts';

interface Count {
  passed: number;
  failed: number;
  skipped: number;
}

/** Ends `npm run test:api` with one line for each promise; none may be without a test that has passed. */
export default class PromiseReport implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const lines = Object.entries(PROMISES).map(([id, { says, shownBy }]) => {
      const own = tests.filter((test) => shows(test, shownBy));
      const count: Count = { passed: 0, failed: 0, skipped: 0 };
      for (const test of own) {
        const { state } = test.result();
        count[state === 'pending' ? 'failed' : state]++;
      }
      const kept = count.failed === 0 && count.passed > 0;
      if (!kept) process.exitCode = 1;
      const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : '';
      return `${kept ? 'shown ' : 'BROKEN'} ${id.padEnd(7)}${String(count.passed).padStart(5)} passed, ${count.failed} failed${skipped}  ${says}`;
    });
    process.stdout.write(`\n${lines.join('\n')}\n`);
  }
}

function shows(test: TestCase, shownBy: Readonly<Record<string, readonly string[]>>): boolean {
  const entry = Object.entries(shownBy).find(([file]) => test.module.moduleId.endsWith(`/${file}`));
  if (!entry) return false;
  const names = [test.fullName, test.name];
  return entry[1].some((title) => isShownBy(title, names));
}
