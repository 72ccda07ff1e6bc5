import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { describeInBrowser } from './support/chromium.ts';
import { NOBODY, Stage, signIn } from './support/stage.ts';

let stage: Stage;

describeInBrowser('signing in', () => {
  beforeAll(async () => {
    stage = await Stage.open();
  });
  afterEach(({ task }) => stage.leavePages(task));
  afterAll(() => stage.close());

  test('a one-time password opens nothing but the choice of another one, and that one opens the page asked for', async () => {
    const person = await stage.person('operator', { name: 'olga' });
    const page = await stage.page(undefined, { path: '/runs' });
    await signIn(page, 'olga', person.password);
    await page.getByRole('heading', { level: 1, name: 'Runs' }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/runs');
  });

  test('a wrong password is refused in words, and the field is there to try again', async () => {
    await stage.person('viewer', { name: 'vera' });
    const page = await stage.page(undefined, { path: '/' });
    page.watch.expect(NOBODY, /401.*\/api\/v1\/sign-in\b/);
    await signIn(page, 'vera', 'not her password');
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('alert').textContent()).toMatch(/password/i);
    expect(await page.getByLabel(/^Password/).isEditable()).toBe(true);
  });

  test('whoever signs out leaves nothing, in no tab and behind no back button', async () => {
    const page = await stage.page(await stage.person('viewer', { name: 'vic' }), { path: '/runs' });
    page.watch.expect(NOBODY);
    const other = await page.context().newPage();
    await other.goto('/transfers');
    await other.getByRole('heading', { level: 1, name: 'Transfers' }).waitFor();
    await page.getByRole('link', { name: 'TLS', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'TLS' }).waitFor();
    await page.getByRole('button', { name: /^vic, viewer/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    for (const tab of [page, other]) await tab.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
    await page.goBack();
    await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
    expect(new URL(page.url()).search).toBe('?to=%2Fruns');
  });
});
