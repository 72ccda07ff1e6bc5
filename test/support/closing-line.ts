import type { Reporter, TestModule } from 'vitest/node';

/** Ends every test run with one plain line that people and machines can read: `N passed, N failed, N skipped`. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const counts = { passed: 0, failed: unhandled.length, skipped: 0 };
    for (const module of modules) {
      // A file that could not even be read holds no test, and is a failure all the same.
      if (module.errors().length > 0) counts.failed++;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        counts[state === 'pending' ? 'failed' : state]++;
      }
    }
    process.stdout.write(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`);
    // Under CI a suite that did not run has proved nothing.
    if (process.env['CI'] === 'true' && counts.skipped > 0) process.exitCode = 1;
  }
}
