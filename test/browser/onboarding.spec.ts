import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { describeInBrowser } from './support/chromium.ts';
import { Hand } from './support/hand.ts';
import { report } from './support/measure.ts';
import { type Partner, startPartner } from './support/partner.ts';
import { NEVER_EXAMINED, type Person, Stage, type WatchedPage } from './support/stage.ts';

/** From nothing to the first delivery, with all that is asked for, and without leaving the browser. */

/** One second for a click and eight for a field is slow; five minutes are 300 s. */
const CLICK_S = 1;
const FIELD_S = 8;
const WHOLE_S = 300;

let stage: Stage;
let admin: Person;
let acme: Partner;
let depot: string;

describeInBrowser('a new partner', () => {
  beforeAll(async () => {
    stage = await Stage.open();
    const { installation } = stage;
    acme = await startPartner(installation, 'acme');
    await acme.put('out/statement-20261121.csv', 'date;amount\n2026-11-21;1.00\n');
    await acme.put('out/readme.txt', 'not for us');
    depot = join(installation.product.home, 'depot');
    await mkdir(depot);
    admin = await stage.person('admin');
  });
  afterEach(({ task }) => stage.leavePages(task));
  afterAll(async () => {
    await acme?.close();
    await stage?.close();
  });

  test('is taken in: partner, secret, server with its authority, doctor, directory, route with its previews, first file', async () => {
    const page = await stage.page(admin, { path: '/' });
    // Nobody has asked the doctor; he comes every ten seconds at most.
    page.watch.expect(NEVER_EXAMINED, /429.*\/probe\b/);
    const hand = new Hand();
    const main = page.locator('main');

    await hand.click(main.getByRole('link', { name: 'Add the first partner' }));
    await hand.type(main.getByRole('textbox', { name: /^Name/ }).first(), 'acme');
    await hand.click(main.getByRole('button', { name: 'Make the partner' }));

    await hand.click(main.getByRole('link', { name: 'Add an endpoint' }));
    await makeServer(page, hand);
    await untilDoctorIsContent(page, hand);

    await hand.click(page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Endpoints' }));
    await hand.click(main.getByRole('link', { name: 'New endpoint' }));
    await hand.type(main.getByRole('textbox', { name: /^Name/ }).first(), 'depot');
    await hand.choose(main.getByLabel(/^Protocol/), 'local');
    await hand.type(main.getByRole('textbox', { name: /^Directory/ }), depot);
    await hand.click(main.getByRole('button', { name: 'Make the endpoint' }));
    await page.getByRole('heading', { level: 1, name: 'depot' }).waitFor();

    await makeRoute(page, hand);
    await hand.click(main.getByRole('button', { name: 'Run now' }).first());
    const dialog = page.getByRole('dialog');
    await hand.click(dialog.getByRole('button', { name: 'Run now' }));
    await page.getByText('delivered', { exact: true }).first().waitFor({ timeout: 30_000 });
    const text = await readFile(join(depot, 'statement-20261121.csv'), 'utf8');
    expect(text).toBe('date;amount\n2026-11-21;1.00\n');

    const seconds = hand.clicks * CLICK_S + hand.fields * FIELD_S;
    report(
      `a new partner to the first file within ${WHOLE_S} s of clicks`,
      `${hand.clicks} clicks, ${hand.fields} fields: ${seconds} s by a slow hand`,
    );
    expect(seconds).toBeLessThanOrEqual(WHOLE_S);
  });
});

/** The password is typed once, into the dialog that seals it. */
async function makeServer(page: WatchedPage, hand: Hand): Promise<void> {
  const main = page.locator('main');
  await hand.type(main.getByRole('textbox', { name: /^Name/ }).first(), 'acme-ftps');
  await hand.type(main.getByRole('textbox', { name: /^Host/ }).first(), 'localhost');
  await hand.type(main.getByLabel(/^Port/).first(), String(acme.sim.explicitPort));
  await hand.type(main.getByRole('textbox', { name: /^User name/ }).first(), 'waybill');
  await hand.click(main.getByRole('button', { name: /^Store a new secret/ }).first());
  const dialog = page.getByRole('dialog');
  await hand.type(dialog.getByLabel(/^Name of the secret/), 'acme-password');
  await hand.type(dialog.getByLabel(/^Value/), acme.password);
  await hand.click(dialog.getByRole('button', { name: 'Store it' }));
  await dialog.waitFor({ state: 'hidden' });
  await hand.click(main.getByRole('button', { name: 'Make the endpoint' }));
  await page.getByRole('heading', { level: 1, name: 'acme-ftps' }).waitFor();
}

/** He does not know the authority at first; what he proposes is compared with the partner's word, and saved. */
async function untilDoctorIsContent(page: WatchedPage, hand: Hand): Promise<void> {
  const main = page.locator('main');
  const doctor = page.getByRole('tab', { name: 'Doctor' });
  if ((await doctor.getAttribute('aria-selected')) !== 'true') await hand.click(doctor);
  const findings = main.getByRole('list', { name: 'Findings' });
  const examine = main.getByRole('button', { name: /^Examine/ });
  if (await examine.isEnabled()) await hand.click(examine);
  await main.getByRole('button', { name: 'Examine again' }).waitFor({ timeout: 30_000 });
  await findings.getByText('failed:').first().waitFor();
  await hand.click(findings.getByRole('link', { name: /^Open the form with/ }).first());
  await main.getByText(/is filled in/).waitFor();
  await hand.click(main.getByRole('button', { name: 'Save' }));
  await page.getByRole('heading', { level: 1, name: 'acme-ftps' }).waitFor();
  // Not more often than every ten seconds.
  await expect
    .poll(
      async () => {
        await main
          .getByRole('button', { name: 'Examine again' })
          .click({ timeout: 5_000 })
          .catch(() => undefined);
        await page.watch.settled();
        return (await findings.textContent()) ?? '';
      },
      { timeout: 45_000, interval: 2_000 },
    )
    .not.toMatch(/failed:/);
  hand.clicks += 1;
}

/** Both previews are looked at before it is saved: the file that matches, the one that does not, and the next nights. */
async function makeRoute(page: WatchedPage, hand: Hand): Promise<void> {
  const main = page.locator('main');
  await hand.click(page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Routes' }));
  await hand.click(main.getByRole('link', { name: 'New route' }).first());
  await hand.type(main.getByRole('textbox', { name: /^Name/ }).first(), 'acme-statements');
  await hand.choose(main.getByRole('combobox', { name: /^From endpoint/ }), 'acme-ftps');
  await hand.type(main.getByRole('textbox', { name: /^Source folder/ }), '/out');
  await hand.type(main.getByRole('textbox', { name: 'Files to take, 1' }), '*.csv');
  await hand.choose(main.getByRole('combobox', { name: /^To endpoint/ }), 'depot');
  await hand.type(main.getByRole('textbox', { name: /^Destination folder/ }), '/');
  const files = main.getByRole('region', { name: 'Which files match now' });
  await hand.click(files.getByRole('button', { name: 'Look now' }));
  await files.getByText(/^1 of 2 files/).waitFor({ timeout: 30_000 });
  await files.getByText('statement-20261121.csv').first().waitFor();
  await files.getByText(/1 left out: 1 matches no pattern/).waitFor();
  await hand.click(main.getByRole('checkbox', { name: 'It runs by a schedule' }));
  await hand.type(main.getByRole('textbox', { name: /^Cron expression/ }), '15 2 * * *');
  const fires = main.getByRole('region', { name: 'Next fires' });
  await expect.poll(() => fires.getByText(/02:15/).count()).toBeGreaterThanOrEqual(5);
  await hand.click(main.getByRole('button', { name: 'Make the route' }));
  await page.getByRole('heading', { level: 1, name: 'acme-statements' }).waitFor();
}
