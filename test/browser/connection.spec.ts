import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { violationsOf } from './support/accessibility.ts';
import { describeInBrowser } from './support/chromium.ts';
import { type Night, playNight, runToItsEnd } from './support/night.ts';
import { type Person, Stage } from './support/stage.ts';

/** What happens to an open page when the api is away, comes back, or no longer knows who asks. */

const LOST = /^Not connected/;

let stage: Stage;
let night: Night;
let operator: Person;

describeInBrowser('an open page', () => {
  beforeAll(async () => {
    stage = await Stage.open();
    night = await playNight(stage.installation);
    operator = await stage.person('operator');
  });
  afterEach(({ task }) => stage.leavePages(task));
  afterAll(async () => {
    await night?.close();
    await stage?.close();
  });

  test('shows what happens without being asked', async () => {
    const page = await stage.page(operator, { path: '/runs' });
    const rows = page.locator('main').getByRole('link', { name: /acme-statements/ });
    const before = await rows.count();
    expect(before).toBeGreaterThan(0);
    await runToItsEnd(stage.installation, 'acme-statements');
    await expect.poll(() => rows.count(), { timeout: 10_000 }).toBeGreaterThan(before);
  });

  test('says that the connection is lost, keeps what it shows, and catches up when it is back', async () => {
    const page = await stage.page(operator, { path: '/runs' });
    page.watch.expect(/ERR_CONNECTION|ERR_INCOMPLETE|ERR_EMPTY_RESPONSE|ERR_NETWORK/);
    const rows = page.locator('main').getByRole('link', { name: /acme-statements/ });
    const before = await rows.count();
    await stage.installation.stopApi();
    const lost = page.getByText(LOST).first();
    await lost.waitFor({ timeout: 20_000 });
    expect(await rows.count()).toBe(before);
    const { product } = stage.installation;
    await product.run('acme-statements');
    await stage.installation.startApi();
    await lost.waitFor({ state: 'hidden', timeout: 30_000 });
    await expect.poll(() => rows.count(), { timeout: 15_000 }).toBeGreaterThan(before);
  });

  test('asks who is there when the session has ended, and goes on where it was', async () => {
    const page = await stage.page(operator, { path: '/transfers?state=held' });
    page.watch.expect(/401/);
    await page.getByRole('heading', { level: 1, name: 'Transfers' }).waitFor();
    const { items } = await stage.installation.ask<{ items: { id: string; user: string }[] }>(
      'GET',
      '/sessions',
    );
    for (const { id } of items.filter(({ user }) => user === operator.name))
      await stage.installation.ask('DELETE', `/sessions/${id}`);
    await page.getByLabel(/^Password/).waitFor({ timeout: 20_000 });
    expect(await violationsOf(page)).toEqual([]);
    const name = page.getByRole('textbox', { name: 'Name' });
    if (await name.isVisible()) await name.fill(operator.name);
    await page.getByLabel(/^Password/).fill(operator.password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByLabel(/^Password/).waitFor({ state: 'hidden' });
    expect(new URL(page.url()).pathname + new URL(page.url()).search).toBe('/transfers?state=held');
    await page.getByText('payment-4711.xml').first().waitFor();
  });
});
