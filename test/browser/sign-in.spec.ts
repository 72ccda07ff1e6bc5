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
});
