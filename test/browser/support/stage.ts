import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { packageRoot } from '#config';
import type { Role } from '#domain';
import { createUser } from '#identity';
import { launchChromium } from './chromium.ts';
import { type Installation, startInstallation, TESTER } from './installation.ts';
import { type PageWatch, watchPage } from './watch-page.ts';

/** What a run leaves for people to look at; outside of git. */
export const RESULTS = join(packageRoot(), 'test-results');

export const WIDE = { width: 1440, height: 900 } as const;
export const NARROW = { width: 360, height: 740 } as const;
export type Theme = 'light' | 'dark';

export interface Person {
  name: string;
  role: Role;
  /** The one he chose himself. */
  password: string;
  /** His browser's cookies, signed in. */
  cookies: Awaited<ReturnType<BrowserContext['storageState']>>;
}

export interface PageWish {
  path?: string;
  size?: { width: number; height: number };
  theme?: Theme;
  timezone?: string;
}

/** What is known of a test that is over. */
interface Ended {
  name: string;
  result?: { state?: string } | undefined;
}

export interface WatchedPage extends Page {
  watch: PageWatch;
}

/** A browser before an installation. Every page is watched; what one complains about fails the test that opened it. */
export class Stage {
  readonly installation: Installation;
  readonly browser: Browser;
  #pages: WatchedPage[] = [];

  private constructor(installation: Installation, browser: Browser) {
    this.installation = installation;
    this.browser = browser;
  }

  static async open(): Promise<Stage> {
    const [installation, browser] = await Promise.all([startInstallation(), launchChromium()]);
    return new Stage(installation, browser);
  }

  /** A new page; of nobody where no person is given. */
  async page(person: Person | undefined, wish: PageWish = {}): Promise<WatchedPage> {
    const { path = '/', size = WIDE, theme = 'light', timezone = 'Europe/London' } = wish;
    const context = await this.browser.newContext({
      baseURL: this.installation.url,
      viewport: size,
      // A phone: its scroll bars lie over the page.
      ...(size.width < 600 && { isMobile: true, hasTouch: true }),
      colorScheme: theme,
      reducedMotion: 'reduce',
      locale: 'en-GB',
      timezoneId: timezone,
      ...(person && { storageState: person.cookies }),
    });
    context.setDefaultTimeout(20_000);
    const page = await context.newPage();
    const watched = Object.assign(page, { watch: await watchPage(page) });
    this.#pages.push(watched);
    await page.goto(path);
    if (path.startsWith('/')) await page.getByRole('heading', { level: 1 }).waitFor();
    await watched.watch.settled();
    return watched;
  }

  /** Somebody with a real one-time password, who chooses his own in the page and is signed in there. */
  async person(
    role: Role,
    { name = role as string, partners = 'all' as 'all' | string[] } = {},
  ): Promise<Person> {
    const { product, identityKeys } = this.installation;
    const { password: oneTime } = await createUser(
      product.store,
      identityKeys,
      { name, role, partners },
      TESTER,
    );
    const password = `chosen-${randomBytes(12).toString('base64url')}`;
    this.installation.secrets[`PASSWORD_OF_${name}`] = password;
    const page = await this.page(undefined, { path: '/settings/account' });
    try {
      await signIn(page, name, oneTime);
      await chooseOtherPassword(page, password);
      await page.getByRole('heading', { level: 1, name: 'Settings' }).waitFor();
    } catch (error) {
      const shown = await page.locator('body').textContent();
      throw new Error(
        `${name} did not get in; the page says: ${shown}\n${page.watch.problems().join('\n')}`,
        {
          cause: error,
        },
      );
    }
    const cookies = await page.context().storageState();
    await this.#leave([page]);
    return { name, role, password, cookies };
  }

  /** After each test: closes its pages. @throws with all that they complained about */
  async leavePages(task: Ended): Promise<void> {
    await this.#leave([...this.#pages], task);
  }

  async close(): Promise<void> {
    await this.browser?.close();
    await this.installation?.close();
  }

  async #leave(pages: readonly WatchedPage[], task?: Ended): Promise<void> {
    this.#pages = this.#pages.filter((page) => !pages.includes(page));
    const problems: string[] = [];
    for (const page of pages) {
      problems.push(...page.watch.problems());
      if (task?.result?.state === 'fail')
        await this.#picture(page, `failed/${task.name}`).catch(() => undefined);
      await page.context().close();
    }
    if (problems.length > 0) throw new Error(`The page complained:\n${[...new Set(problems)].join('\n')}`);
  }

  async #picture(page: Page, name: string): Promise<void> {
    const path = join(RESULTS, `${name.replace(/[^\w/-]+/g, '-').slice(0, 120)}-${Date.now()}.png`);
    await mkdir(join(path, '..'), { recursive: true });
    await page.screenshot({ path });
  }
}

/** On the page for nobody: asking who is signed in is answered 401 there, and has to be. */
export const NOBODY = /401.*\/api\/v1\/me\b/;

/** Nor has anybody asked the doctor about this endpoint: what he said last is not there. */
export const NEVER_EXAMINED = /404.*\/probe\b/;

export async function signIn(page: WatchedPage, name: string, password: string): Promise<void> {
  page.watch.expect(NOBODY);
  await page.getByRole('textbox', { name: 'Name' }).fill(name);
  await page.getByLabel(/^Password/).fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

async function chooseOtherPassword(page: Page, password: string): Promise<void> {
  await page.getByLabel(/^New password/).fill(password);
  await page.getByRole('button', { name: 'Continue' }).click();
}
