import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestDatabase, type TestDatabase } from '#store/testing';
import { makeReady, WaybillProcess } from '../support/waybill-process.ts';

let database: TestDatabase;
beforeAll(async () => {
  makeReady();
  database = await startTestDatabase();
});
afterAll(() => database.stop());

it.each([
  ['api', 'ownerUrl', 'owns the audit table'],
  ['scheduler', 'ownerUrl', 'owns the audit table'],
  ['worker', 'ownerUrl', 'owns the audit table'],
  ['worker', 'superuserUrl', 'superuser'],
] as const)(
  'waybill %s with the %s ends with one line that says which role to give it',
  async (kind, url, why) => {
    const started = new WaybillProcess([kind], { DATABASE_URL: database[url], WAYBILL_PORT: '0' });
    expect(await started.exit()).toBe(2);
    const said = started.complaints.filter((line) => line !== '');
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/^waybill: DATABASE_URL: The database role /);
    expect(said[0]).toContain(why);
    expect(said[0]).toContain('waybill_app');
    expect(started.output).toEqual([]);
    // The password of the address is nobody's business.
    expect(said[0]).not.toContain(new URL(database[url]).password || '\u0000');
  },
);
