import type { Page, Request } from 'playwright-core';

export interface PageWatch {
  /** From now on this is no problem: what a test provokes. */
  expect(...patterns: RegExp[]): void;
  /** Everything the page complained about so far that nobody expected. */
  problems(): string[];
  /** Answers are there, and for a moment nobody has asked for another one; streams never end and do not count. */
  settled(): Promise<void>;
}

const QUIET_MS = 150;
const LONGEST_MS = 15_000;

/** Listens to all that a page says about its own health: a page without a word in its console is a promise of every spec. */
export async function watchPage(page: Page): Promise<PageWatch> {
  const said: string[] = [];
  const expected: RegExp[] = [];
  const underWay = new Set<Request>();
  let lastNews = performance.now();
  const ended = (request: Request) => {
    if (underWay.delete(request)) lastNews = performance.now();
  };
  page.on('request', (request) => {
    lastNews = performance.now();
    if (!/\/events\b/.test(request.url())) underWay.add(request);
  });
  page.on('requestfinished', ended);
  page.on('requestfailed', ended);
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning')
      said.push(`console.${message.type()}: ${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => said.push(`uncaught: ${error.stack ?? error.message}`));
  page.on('requestfailed', (request) => {
    const why = request.failure()?.errorText ?? 'failed';
    // What was under way when the page was left, or an answer nobody waits for any more.
    if (why !== 'net::ERR_ABORTED') said.push(`request: ${why} ${nameOf(request)}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400) said.push(`answer: ${response.status()} ${nameOf(response.request())}`);
  });
  await page.exposeFunction('waybillTestViolation', (text: string) => void said.push(`policy: ${text}`));
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sourceFile }) => {
      const tell = Reflect.get(globalThis, 'waybillTestViolation') as (text: string) => void;
      tell(`${violatedDirective} ${blockedURI} (${sourceFile})`);
    });
  });
  return {
    expect: (...patterns) => void expected.push(...patterns),
    async settled() {
      const deadline = performance.now() + LONGEST_MS;
      while (underWay.size > 0 || performance.now() - lastNews < QUIET_MS) {
        if (performance.now() > deadline)
          throw new Error(`Still waited for: ${[...underWay].map(nameOf).join(', ')}`);
        await page.waitForTimeout(25);
      }
    },
    problems: () => said.filter((line) => !expected.some((pattern) => pattern.test(line))),
  };
}

function nameOf(request: Request): string {
  return `${request.method()} ${request.url()}`;
}
