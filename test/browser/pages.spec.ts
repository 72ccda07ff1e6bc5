import { mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { packageRoot } from '#config';
import { overhangOf, violationsOf } from './support/accessibility.ts';
import { describeInBrowser } from './support/chromium.ts';
import { addEarlierHours } from './support/history.ts';
import { type Night, playNight } from './support/night.ts';
import {
  NARROW,
  NEVER_EXAMINED,
  NOBODY,
  type Person,
  RESULTS,
  Stage,
  type Theme,
  type WatchedPage,
  WIDE,
} from './support/stage.ts';

/** Every page there is, with something on it, in both themes and at both widths. */

let stage: Stage;
let night: Night;
let admin: Person;

/** Name of the picture -> address. */
const PAGES: Readonly<Record<string, () => string>> = {
  'sign-in': () => '/sign-in',
  tonight: () => '/',
  runs: () => '/runs',
  'run-delivered': () => `/runs/${night.runs.delivered}`,
  'run-failed': () => `/runs/${night.runs.failed}`,
  'run-held': () => `/runs/${night.runs.held}`,
  'run-hostile': () => `/runs/${night.runs.hostile}`,
  transfers: () => '/transfers',
  'transfers-none': () => '/transfers?name=there-is-no-such-file',
  'transfer-delivered': () => `/transfers/${night.deliveredTransfer.id}`,
  'transfer-transcript': () => `/transfers/${night.deliveredTransfer.id}?part=transcript`,
  'transfer-audit': () => `/transfers/${night.deliveredTransfer.id}?part=audit`,
  'transfer-held': () => `/transfers/${night.heldTransfer}`,
  incidents: () => '/incidents',
  partners: () => '/partners',
  partner: () => '/partners/acme',
  endpoints: () => '/endpoints',
  endpoint: () => '/endpoints/acme-ftps',
  'endpoint-doctor': () => '/endpoints/acme-ftps?part=doctor',
  'endpoint-trust': () => '/endpoints/acme-ftps?part=trust',
  'endpoint-configuration': () => '/endpoints/acme-ftps?part=configuration',
  'endpoint-history': () => '/endpoints/acme-ftps?part=history',
  'endpoint-refused': () => '/endpoints/cargo-ftps',
  'endpoint-local': () => '/endpoints/depot',
  'endpoint-edit': () => '/endpoints/acme-ftps/edit',
  routes: () => '/routes',
  route: () => '/routes/acme-statements',
  'route-schedule': () => '/routes/acme-statements?part=schedule',
  'route-history': () => '/routes/acme-statements?part=history',
  'route-paused': () => '/routes/borealis-orders',
  'route-edit': () => '/routes/acme-statements/edit',
  'new-partner': () => '/new/partner',
  'new-endpoint': () => '/new/endpoint',
  'new-route': () => '/new/route',
  tls: () => '/tls',
  approvals: () => '/approvals',
  audit: () => '/audit',
  settings: () => '/settings',
  'settings-users': () => '/settings/users',
  'settings-keys': () => '/settings/keys',
  'settings-sessions': () => '/settings/sessions',
  'settings-secrets': () => '/settings/secrets',
  'settings-roles': () => '/settings/roles',
  'settings-installation': () => '/settings/installation',
  'settings-account': () => '/settings/account',
};

/** What opens over a page, by what opens it. */
const OVERLAYS: Readonly<Record<string, { path: string; open(page: WatchedPage): Promise<void> }>> = {
  palette: {
    path: '/partners',
    async open(page) {
      await page.keyboard.press('Control+k');
      await page.getByRole('dialog').waitFor();
      await page.keyboard.type('acme');
      await page.getByText('acme-statements').first().waitFor();
    },
  },
  keys: {
    path: '/partners',
    async open(page) {
      await page.keyboard.press('?');
      await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    },
  },
  'person-menu': {
    path: '/partners',
    async open(page) {
      await page.getByRole('button', { name: /account and appearance/ }).click();
      await page.getByRole('menu').waitFor();
    },
  },
  reason: {
    path: '/endpoints/borealis-ftps',
    async open(page) {
      await page.getByRole('button', { name: /^Pause/ }).click();
      await page.getByRole('dialog').waitFor();
    },
  },
};

/** In the README: `npm run pictures` refreshes them. */
const PICTURES = ['tonight', 'run-failed', 'transfer-delivered', 'endpoint-doctor', 'route-edit', 'tls'];
const REFRESH = process.env['WAYBILL_PICTURES'] === 'refresh';
const PICTURE_SIZE = { width: 1280, height: 800 };
const PICTURE_KIB = 150;

const SIZES = { wide: WIDE, narrow: NARROW } as const;
const THEMES: readonly Theme[] = ['light', 'dark'];

describeInBrowser('every page', () => {
  beforeAll(async () => {
    stage = await Stage.open();
    const { installation } = stage;
    night = await playNight(installation);
    await addEarlierHours(installation);
    await installation.ask('POST', '/endpoints/acme-ftps/probe', { folder: '/in' });
    admin = await stage.person('admin', { name: 'ada' });
    await installation.stopApi();
    await installation.startApi({ fourEyes: true });
    await installation.ask('PATCH', '/users/ada', { role: 'auditor' });
  });
  afterEach(({ task }) => stage.leavePages(task));
  afterAll(async () => {
    await night?.close();
    await stage?.close();
  });

  if (REFRESH)
    test('pictures of the main ones for the README', async () => {
      for (const name of PICTURES) await refreshPicture(name);
    });

  test.each(Object.entries(OVERLAYS))('%s over a page', async (name, { path, open }) => {
    const problems = new Map<string, string[]>();
    for (const [width, size] of Object.entries(SIZES)) {
      const page = await stage.page(admin, { path, size });
      page.watch.expect(NEVER_EXAMINED);
      await open(page);
      await judge(page, `${name}-${width}`, problems);
      if (width === 'narrow') continue;
      await page.keyboard.press('Escape');
      await expect.poll(() => page.getByRole('dialog').or(page.getByRole('menu')).count()).toBe(0);
    }
    expect(problems).toEqual(new Map());
  });

  test('the pages in a drawer of a phone', async () => {
    const problems = new Map<string, string[]>();
    const page = await stage.page(admin, { size: NARROW });
    await page.getByRole('button', { name: 'Pages' }).click();
    await page.getByRole('dialog', { name: 'Pages' }).waitFor();
    await judge(page, 'drawer-narrow', problems);
    await page.getByRole('link', { name: 'Endpoints' }).click();
    await page.getByRole('heading', { level: 1, name: 'Endpoints' }).waitFor();
    expect(problems).toEqual(new Map());
  });

  test.each(Object.entries(PAGES))(
    '%s can be read by everybody, in both themes and at both widths',
    async (name, address) => {
      const problems = new Map<string, string[]>();
      for (const [width, size] of Object.entries(SIZES)) {
        const page = await stage.page(name === 'sign-in' ? undefined : admin, { path: address(), size });
        page.watch.expect(name === 'sign-in' ? NOBODY : NEVER_EXAMINED);
        await judge(page, `${name}-${width}`, problems, width === 'narrow');
      }
      expect(problems).toEqual(new Map());
    },
  );
});

/** Takes its picture in both themes, and notes what is wrong with it and where. */
async function judge(
  page: WatchedPage,
  name: string,
  problems: Map<string, string[]>,
  fullPage = false,
): Promise<void> {
  const say = (where: string, what: string) => problems.set(what, [...(problems.get(what) ?? []), where]);
  for (const theme of THEMES) {
    await page.emulateMedia({ colorScheme: theme });
    await drawn(page);
    await page.screenshot({ path: await pictureOf(`${name}-${theme}`), fullPage });
    for (const violation of await violationsOf(page)) say(`${name} ${theme}`, violation);
  }
  const overhang = await overhangOf(page);
  if (overhang > 0) say(name, `the page is ${overhang} px wider than its window`);
}

/** Nothing is asked for, and nothing stands for what is still to come. */
async function drawn(page: WatchedPage): Promise<void> {
  await page.watch.settled();
  await expect.poll(() => page.getByText('Loading', { exact: true }).count()).toBe(0);
}

async function refreshPicture(name: string): Promise<void> {
  const page = await stage.page(admin, { path: PAGES[name]!(), size: PICTURE_SIZE });
  const path = join(packageRoot(), 'docs/pictures', `${name}.png`);
  await mkdir(dirname(path), { recursive: true });
  await drawn(page);
  await page.screenshot({ path });
  expect((await stat(path)).size, name).toBeLessThanOrEqual(PICTURE_KIB * 1024);
}

async function pictureOf(name: string): Promise<string> {
  const path = join(RESULTS, 'screenshots', `${name}.png`);
  await mkdir(dirname(path), { recursive: true });
  return path;
}
