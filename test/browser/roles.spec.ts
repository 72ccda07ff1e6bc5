import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Role } from '#domain';
import { describeInBrowser } from './support/chromium.ts';
import { type Night, playNight } from './support/night.ts';
import { NEVER_EXAMINED, type Person, Stage, type WatchedPage } from './support/stage.ts';

/** What each role is offered; that the api refuses the rest is shown in test/api, and here once more past the page. */

const ROLES: readonly Role[] = ['viewer', 'operator', 'auditor', 'admin'];

let stage: Stage;
let night: Night;
const people = {} as Record<Role | 'acme operator', Person>;

const OPERATE: readonly Role[] = ['operator', 'admin'];
const ADMINISTER: readonly Role[] = ['admin'];

interface Deed {
  what: string;
  address(night: Night): string;
  name: RegExp;
  may: readonly Role[];
}

const DEEDS: readonly Deed[] = [
  { what: 'a rerun', address: ({ runs }) => `/runs/${runs.failed}`, name: /^Rerun/, may: OPERATE },
  {
    what: 'the decision of a held transfer',
    address: ({ heldTransfer }) => `/transfers/${heldTransfer}`,
    name: /^Resolve/,
    may: OPERATE,
  },
  { what: 'a run of a route', address: () => '/routes/acme-statements', name: /^Run now/, may: OPERATE },
  { what: 'a pause of a route', address: () => '/routes/acme-statements', name: /^Pause/, may: OPERATE },
  {
    what: 'an examination',
    address: () => '/endpoints/acme-ftps?part=doctor',
    name: /^Examine/,
    may: OPERATE,
  },
  { what: 'a new partner', address: () => '/partners', name: /^New partner/, may: ADMINISTER },
  { what: 'a new endpoint', address: () => '/endpoints', name: /^New endpoint/, may: ADMINISTER },
  { what: 'a new route', address: () => '/routes', name: /^New route/, may: ADMINISTER },
  { what: 'a new user', address: () => '/settings/users', name: /^New user/, may: ADMINISTER },
];

const EVERYBODY = ['Tonight', 'Runs', 'Transfers', 'Incidents', 'Partners', 'Endpoints', 'Routes', 'TLS'];

describeInBrowser('limits of roles', () => {
  beforeAll(async () => {
    stage = await Stage.open();
    night = await playNight(stage.installation);
    for (const role of ROLES) people[role] = await stage.person(role);
    people['acme operator'] = await stage.person('operator', { name: 'olga', partners: ['acme'] });
  });
  afterEach(({ task }) => stage.leavePages(task));
  afterAll(async () => {
    await night?.close();
    await stage?.close();
  });

  test.each([
    ['viewer', [...EVERYBODY, 'Settings']],
    ['operator', [...EVERYBODY, 'Approvals', 'Settings']],
    ['auditor', [...EVERYBODY, 'Audit', 'Approvals', 'Settings']],
    ['admin', [...EVERYBODY, 'Audit', 'Approvals', 'Settings']],
  ] as const)('a %s is shown the pages that he may read', async (role, expected) => {
    const page = await stage.page(people[role]);
    const links = page.getByRole('navigation', { name: 'Main' }).getByRole('link');
    const names = await links.allTextContents();
    // Beside some stands how many things wait there.
    expect(names.map((name) => name.replace(/\d.*$/, ''))).toEqual(expected);
  });

  test.each(ROLES)('a %s is offered what he may do, and nothing else', async (role) => {
    const offers = new Map<string, boolean>();
    const expected = new Map<string, boolean>();
    for (const { what, address, name, may } of DEEDS) {
      const page = await stage.page(people[role], { path: address(night) });
      page.watch.expect(NEVER_EXAMINED);
      const main = page.locator('main');
      const offered = main.getByRole('button', { name }).or(main.getByRole('link', { name }));
      offers.set(what, (await offered.count()) > 0);
      expected.set(what, may.includes(role));
    }
    expect(offers).toEqual(expected);
  });

  test('who is limited to a partner sees nothing of the others, wherever he looks', async () => {
    const paths = ['/', '/runs', '/transfers', '/incidents', '/partners', '/endpoints', '/routes', '/tls'];
    for (const path of paths) {
      const page = await stage.page(people['acme operator'], { path });
      const text = (await page.locator('main').textContent()) ?? '';
      expect(text, path).not.toMatch(/borealis|cargo/i);
    }
    const other = await stage.page(people['acme operator'], { path: `/runs/${night.runs.failed}` });
    other.watch.expect(/404/);
    await expect
      .poll(() => other.locator('main').textContent())
      .toMatch(/There is no such run, or it is not one of yours/);
  });

  test('what the page does not offer the api refuses, whoever asks past the page', async () => {
    const page = await stage.page(people.viewer);
    page.watch.expect(/403/);
    expect(await askPastThePage(page, `/api/v1/routes/acme-statements/runs`)).toBe(403);
  });
});

/** With all that the own page would send. */
function askPastThePage(page: WatchedPage, path: string): Promise<number> {
  return page.evaluate(async (address) => {
    const me = (await (await fetch('/api/v1/me')).json()) as { session: { csrfToken: string } };
    const headers = { 'content-type': 'application/json', 'x-waybill-csrf': me.session.csrfToken };
    return (await fetch(address, { method: 'POST', headers, body: '{}' })).status;
  }, path);
}
