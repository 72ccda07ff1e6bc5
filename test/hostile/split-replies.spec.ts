import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type PartnerSim, startPartnerSim } from '#apps/partner-sim';
import { openFtpsSession } from '#ftps';
import type { SessionObserver } from '#protocol';
import { anEndpointAt } from '../support/builders.ts';

const password = 'not a secret';
const signal = new AbortController().signal;

let root: string;
let sim: PartnerSim;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'waybill-split-'));
  for (const folder of ['out', 'in']) await mkdir(join(root, folder));
  await writeFile(join(root, 'out/a.csv'), 'what it holds');
  sim = await startPartnerSim({ root, username: 'waybill', password });
});
afterAll(async () => {
  await sim.close();
  await rm(root, { recursive: true, force: true });
});

/** Every verb of the port once; returns all that was understood and all that was heard. */
async function wholeDialogue(): Promise<unknown> {
  const heard: string[] = [];
  const observer: SessionObserver = {
    negotiated: () => undefined,
    negotiationClosed: () => undefined,
    transcript: ({ direction, text }) => void heard.push(`${direction} ${text}`),
  };
  const endpoint = anEndpointAt(sim);
  const session = await openFtpsSession({ endpoint, password }, observer, signal);
  const listing = await session.list('/out', signal);
  const stat = await session.stat('/out/a.csv', signal);
  const missing = await session.stat('/out/nothing', signal);
  let content = '';
  const read = await session.read(
    '/out/a.csv',
    (chunk) => {
      content += Buffer.from(chunk).toString();
    },
    signal,
  );
  const hash = await session.hash('/out/a.csv', 'sha256', signal);
  const writer = await session.openWrite('/in/b.part', signal);
  await writer.write(Buffer.from('more'));
  const written = await writer.finish();
  await session.rename('/in/b.part', '/in/b.csv', { overwrite: false }, signal);
  await session.remove('/in/b.csv', signal);
  const refused = await session.list('/nowhere', signal).catch((error: { code: string }) => error.code);
  await session.close();
  const understood = {
    capabilities: session.capabilities,
    listing,
    stat,
    missing,
    content,
    read,
    hash,
    written,
    refused,
  };
  // Ports are new each time, and so is the time of what was written.
  return {
    understood,
    heard: heard.map((line) =>
      line.replace(/\(\|\|\|\d+\|\)/, '(port)').replace(/modify=[\d.]+(?=; \/in\/)/, 'modify=now'),
    ),
  };
}

it('row 01, ftps 4.12: a reply split at any byte position means the same, in a whole dialogue, position by position', async () => {
  let longest = 0;
  sim.faults.answer = (reply) => {
    longest = Math.max(longest, Buffer.byteLength(reply) + 2);
    return undefined;
  };
  const whole = await wholeDialogue();
  expect(JSON.stringify(whole, (_, value) => (typeof value === 'bigint' ? String(value) : value))).toContain(
    'what it holds',
  );
  expect(longest).toBeGreaterThan(100);
  for (let position = 1; position < longest; position++) {
    sim.faults.answer = (reply) => {
      const bytes = Buffer.from(`${reply}\r\n`);
      return [bytes.subarray(0, position), bytes.subarray(position)];
    };
    expect(await wholeDialogue(), `split at ${position}`).toEqual(whole);
  }
});
