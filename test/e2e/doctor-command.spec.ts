import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeReady, WaybillProcess } from '../support/waybill-process.ts';

describe('waybill doctor', () => {
  let home: string;
  let waybill: WaybillProcess;
  beforeAll(async () => {
    makeReady();
    home = await mkdtemp(join(tmpdir(), 'waybill-doctor-'));
    waybill = new WaybillProcess(['start', '--demo', '--home', home, '--port', '0']);
    await waybill.line(/delivered +push/, 30_000);
  });
  afterAll(async () => {
    expect(await waybill.interrupt()).toBe(0);
    await rm(home, { recursive: true, force: true });
  });

  async function doctor(...args: string[]) {
    const one = new WaybillProcess(['doctor', ...args], { WAYBILL_HOME: home });
    const code = await one.exit();
    return { code, output: one.output.join('\n'), complaints: one.complaints.join('\n') };
  }

  it('prints each finding on a line, then what to set as YAML, and ends with 0', async () => {
    const before = await readdir(join(home, 'demo/partner/in'));
    const { code, output, complaints } = await doctor('demo-partner-ftps', '--folder', '/in');
    expect(complaints).toBe('');
    expect(code).toBe(0);
    expect(output).toMatch(/^ {2}✓ certificate {4}localhost, issued by Waybill demo authority\./m);
    expect(output).toMatch(
      /^Set in the configuration:\n\n {2}endpoints:\n {4}- name: demo-partner-ftps\n {6}pipelining: true$/m,
    );
    expect(output).toMatch(/^demo-partner-ftps: \d+ ok, 1 note \(\d+\.\d s\)$/m);
    const after = await readdir(join(home, 'demo/partner/in'));
    expect(after.filter((name) => name.startsWith('.waybill-doctor'))).toEqual([]);
    expect(after).toEqual(expect.arrayContaining(before));
  });

  it('with --json prints the examination as the api has it', async () => {
    const { code, output } = await doctor('demo-partner-ftps-implicit', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(output)).toMatchObject({
      endpoint: 'demo-partner-ftps-implicit',
      state: 'done',
      profile: { listing: 'mlsd', sessionReuse: 'demanded' },
    });
  });

  it('asked twice in a row says when to come back, and ends with 1', async () => {
    await doctor('demo-outbox');
    const { code, complaints } = await doctor('demo-outbox');
    expect(code).toBe(1);
    expect(complaints).toMatch(/^waybill: demo-outbox was examined a moment ago\. Ask again in \d+ s/);
  });

  it('examines our own directories too', async () => {
    const { code, output } = await doctor('demo-inbox', '--folder', '/');
    expect(code).toBe(0);
    expect(output).toMatch(/A file was written to \/, renamed and removed again/);
    expect(
      (await readdir(join(home, 'demo/inbox'))).filter((name) => name.startsWith('.waybill-doctor')),
    ).toEqual([]);
  });

  it.each([
    ['an unknown endpoint', ['no-such-endpoint'], /There is no endpoint "no-such-endpoint"/],
    ['a folder that is no path', ['demo-partner-ftps', '--folder', 'in'], /must be an absolute path/],
  ])('%s is a usage error: exit 2', async (_, args, words) => {
    const { code, complaints } = await doctor(...args);
    expect(code).toBe(2);
    expect(complaints).toMatch(words);
  });
});
