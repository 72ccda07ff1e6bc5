import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { describe } from 'vitest';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** What works headless, as root and without a network to the outside. */
const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** CHROMIUM_PATH, or the first of its names on PATH; playwright-core brings none of its own. */
export function findChromium(): string | undefined {
  const named = process.env['CHROMIUM_PATH'];
  if (named !== undefined && named !== '') return named;
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export function launchChromium(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error('no Chromium on PATH, and CHROMIUM_PATH names none');
  // With them hidden a page still keeps an empty place for them.
  return chromium.launch({ executablePath, args: ARGUMENTS, ignoreDefaultArgs: ['--hide-scrollbars'] });
}

/** Without a browser the suite is skipped with one line that says so; under CI that is a failure. */
export function describeInBrowser(name: string, define: () => void): void {
  const found = findChromium() !== undefined;
  if (!found && process.env['CI'] === 'true')
    throw new Error(`${name}: there is no Chromium, and under CI no suite may be skipped`);
  describe.skipIf(!found)(
    found ? name : `${name} (skipped: no Chromium; install it or set CHROMIUM_PATH)`,
    define,
  );
}
