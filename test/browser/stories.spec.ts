import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { describeInBrowser } from './support/chromium.ts';
import { Hand } from './support/hand.ts';
import { type Night, playNight } from './support/night.ts';
import { NEVER_EXAMINED, type Person, Stage } from './support/stage.ts';

/** What the person on duty does in a night, with nothing but the browser. */

let stage: Stage;
let night: Night;
let admin: Person;
let operator: Person;

describeInBrowser('a night on duty', () => {
  beforeAll(async () => {
    stage = await Stage.open();
    night = await playNight(stage.installation);
    admin = await stage.person('admin');
    operator = await stage.person('operator');
  });
  afterEach(({ task }) => stage.leavePages(task));
  afterAll(async () => {
    await night?.close();
    await stage?.close();
  });

  test('from the name of a file to the facts of its TLS connections: three clicks', async () => {
    const hand = new Hand();
    const page = await stage.page(operator, { path: '/' });
    await page.getByRole('heading', { level: 1, name: 'Tonight' }).waitFor();
    await hand.click(page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Transfers' }));
    await hand.type(page.getByRole('searchbox').first(), 'statement-20261120');
    await hand.click(page.getByRole('link', { name: /statement-20261120\.csv/ }).first());
    await page.getByRole('heading', { level: 1, name: /statement-20261120/ }).waitFor();
    const facts = page.getByText('TLS_AES_256_GCM_SHA384').first();
    if (!(await facts.isVisible())) await hand.click(page.getByRole('tab', { name: /TLS/ }));
    await facts.waitFor();
    await page.getByText('TLSv1.3').first().waitFor();
    expect(hand.clicks).toBeLessThanOrEqual(3);
    expect(hand.fields).toBe(1);
  });

  test('a file is held in doubt: it is decided with a reason, and delivered', async () => {
    const page = await stage.page(operator, { path: '/' });
    const needy = page.getByRole('region', { name: /needs a person/i });
    await needy
      .getByRole('link', { name: /payment-4711|acme-payments/ })
      .first()
      .click();
    if (!new URL(page.url()).pathname.startsWith('/transfers/'))
      await page
        .getByRole('link', { name: /payment-4711/ })
        .first()
        .click();
    await page.getByRole('heading', { level: 1, name: /payment-4711/ }).waitFor();
    await page
      .getByText(/look at the destination and decide/i)
      .first()
      .waitFor();
    await page.getByRole('button', { name: /^Resolve/ }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('radio', { name: /send again|resend/i }).click();
    await dialog.getByLabel(/^Reason/).fill('They looked: it never came. Ticket 4711');
    await dialog
      .getByRole('button', { name: /send again|resend|resolve/i })
      .last()
      .click();
    await dialog.waitFor({ state: 'hidden' });
    await page.getByText('delivered', { exact: true }).first().waitFor({ timeout: 20_000 });
    const { acme } = night.partners;
    expect(await readFile(join(acme.sim.root, 'in/payment-4711.xml'), 'utf8')).toBe(
      '<payment>4711</payment>',
    );
    const events = await stage.installation.ask('GET', `/audit/events?transferId=${night.heldTransfer}`);
    expect(JSON.stringify(events)).toContain('They looked: it never came. Ticket 4711');
  });

  test('a run has failed: its cause is read, the doctor asked, the cause removed, the run started again, delivered', async () => {
    const page = await stage.page(admin, { path: '/' });
    // Nobody has asked the doctor; he comes every ten seconds at most.
    page.watch.expect(NEVER_EXAMINED, /429.*\/probe\b/);
    const main = page.locator('main');
    const needy = page.getByRole('region', { name: /needs a person/i });
    await needy
      .getByRole('link', { name: /cargo-manifests/ })
      .first()
      .click();
    if (!new URL(page.url()).pathname.startsWith('/runs/'))
      await main.getByRole('link', { name: /run/i }).first().click();
    await expect.poll(() => new URL(page.url()).pathname).toBe(`/runs/${night.runs.failed}`);
    await main
      .getByText(/refused user name or password/i)
      .first()
      .waitFor();

    await main.getByRole('link', { name: 'Examine cargo-ftps' }).click();
    await main.getByRole('button', { name: 'Examine', exact: true }).click();
    const findings = main.getByRole('list', { name: 'Findings' });
    await findings.getByText('failed:').first().waitFor({ timeout: 30_000 });
    await findings
      .getByText(/password/i)
      .first()
      .waitFor();

    await page.goBack();
    await main.getByRole('link', { name: 'Secrets' }).click();
    await main.getByRole('button', { name: 'Change cargo-password' }).click();
    await page.getByRole('menuitem', { name: 'Replace the value' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel(/^Value/).fill(night.partners.cargo.password);
    await dialog.getByRole('button', { name: /^(Replace|Store) it/ }).click();
    await dialog.waitFor({ state: 'hidden' });

    await page.goto('/endpoints/cargo-ftps?part=doctor');
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

    await page.goto(`/runs/${night.runs.failed}`);
    await main.getByRole('button', { name: 'Rerun' }).click();
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /^Rerun/ })
      .click();
    await expect.poll(() => new URL(page.url()).pathname).not.toBe(`/runs/${night.runs.failed}`);
    await main.getByText('delivered', { exact: true }).first().waitFor({ timeout: 30_000 });
    const depot = join(stage.installation.product.home, 'depot/manifests/manifest.txt');
    expect(await readFile(depot, 'utf8')).toBe('nobody gets to see this');
  });
});
