import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createLogger } from '#telemetry';
import { UsageError, WorkFailed } from './failures.ts';
import { Lanes, type LanesParts } from './lanes-part.ts';

/** Processes that behave as ours should not; how ours behaves is seen in test/e2e/lanes-process.spec.ts. */
let folder: string;
let lanes: Lanes | undefined;
let lines: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waybill-lanes-'));
  lines = [];
});
afterEach(async () => {
  lanes?.kill();
  await lanes?.close();
  lanes = undefined;
  await rm(folder, { recursive: true });
});

/** @param acts what the process does at each word of its start */
async function launch(
  acts: Partial<Record<string, string>>,
  times: LanesParts['times'] = {},
): Promise<Lanes> {
  const words = {
    prepare: "process.send({ say: 'prepared' })",
    begin: "process.send({ say: 'running' })",
    drain: 'process.exit(0)',
    question: "process.send({ say: 'answer', id: message.id, answer: true })",
    ...acts,
  };
  const cases = Object.entries(words).map(([word, act]) => `${word}: () => { ${act} },`);
  const script = join(folder, 'lanes.mjs');
  await writeFile(
    script,
    `process.on('disconnect', () => process.exit(1));
     const acts = (message) => ({ ${cases.join('\n')} });
     process.on('message', (message) => acts(message)[message.say]());`,
  );
  lanes = new Lanes({
    order: { home: folder, port: 0, demo: false, databaseUrl: 'postgresql://nobody@127.0.0.1/none' },
    log: createLogger({ level: 'info', format: 'json', write: (line) => void lines.push(line) }),
    write: (line) => void lines.push(line),
    gracePeriodMs: 100,
    program: [script],
    times,
  });
  return lanes;
}

const said = (words: string) => lines.filter((line) => line.includes(words));
const untilSaid = (words: string, times = 1) =>
  vi.waitFor(() => expect(said(words).length).toBeGreaterThanOrEqual(times), {
    timeout: 8_000,
    interval: 20,
  });

it('whose processes end one after the other are started again, after a longer pause each time', async () => {
  const started = await launch(
    { begin: "process.send({ say: 'running' }); setTimeout(() => process.exit(7), 20)" },
    { firstPauseMs: 20, longestPauseMs: 80 },
  );
  await started.begin();
  await untilSaid('in 0.08 s', 2);
  const pauses = said('they have ended (7)').map((line) => /again in ([\d.]+) s/.exec(line)?.[1]);
  expect(pauses.slice(0, 4)).toEqual(['0.02', '0.04', '0.08', '0.08']);
  expect(await started.problem()).toContain('they have ended (7)');
  await vi.waitFor(() => expect(started.holdsSecret('any', 'value')).rejects.toThrow('they have ended'));
});

it('that lived for long are started again after the first pause', async () => {
  const started = await launch(
    { begin: "process.send({ say: 'running' }); setTimeout(() => process.exit(7), 20)" },
    { firstPauseMs: 20, livedMs: 1 },
  );
  await started.begin();
  await untilSaid('in 0.02 s', 3);
  expect(said('in 0.04 s')).toEqual([]);
});

it('that stand still are killed, and others take their place', async () => {
  const started = await launch(
    {
      begin: `process.send({ say: 'running' });
              import('node:fs').then(({ existsSync, writeFileSync }) => {
                const mark = process.argv[1] + '.stood';
                if (existsSync(mark)) return;
                writeFileSync(mark, '');
                for (;;);
              })`,
    },
    { firstPauseMs: 20, silentMs: 200 },
  );
  await started.begin();
  await untilSaid('they have not answered for 0.4 s');
  await untilSaid('they have ended (SIGKILL)');
  await vi.waitFor(async () => expect(await started.holdsSecret('any', 'value')).toBe(true));
  expect(said('they have not answered')).toHaveLength(1);
});

it('are not killed for one silence: after Ctrl-Z and fg both of us have stood still', async () => {
  const started = await launch(
    {
      question: `const until = globalThis.stood ? 0 : performance.now() + 1_300;
                 globalThis.stood = true;
                 while (performance.now() < until);
                 process.send({ say: 'answer', id: message.id, answer: true })`,
    },
    { silentMs: 1_000 },
  );
  await started.begin();
  // The first look begins after 0.5 s, is given up after 1.5 s, and answered after 1.8 s.
  await new Promise((resolve) => setTimeout(resolve, 2_200));
  expect(await started.holdsSecret('any', 'value')).toBe(true);
  expect(lines).toEqual([]);
});

it('may take their time to open a secret', async () => {
  const started = await launch({
    question: "setTimeout(() => process.send({ say: 'answer', id: message.id, answer: true }), 4_200)",
  });
  expect(await started.holdsSecret('any', 'value')).toBe(true);
});

it('that never get ready end with their start', async () => {
  const started = await launch({ prepare: '', drain: '' }, { closingMs: 100 });
  const prepared = expect(started.prepared()).rejects.toThrow('SIGKILL');
  await started.close();
  await prepared;
});

it('that do not end when they drain are killed after their grace period', async () => {
  const started = await launch({ drain: '' }, { closingMs: 100 });
  await started.begin();
  const askedAtMs = performance.now();
  await started.close();
  expect(performance.now() - askedAtMs).toBeGreaterThan(190);
  expect(said('they are killed')).toHaveLength(1);
  expect(said('started again')).toEqual([]);
});

it('that end while they drain are not started again', async () => {
  const started = await launch({}, { firstPauseMs: 1 });
  await started.begin();
  await started.close();
  expect(lines).toEqual([]);
});

it('that cannot start say why: usage is usage', async () => {
  const refused = await launch({ prepare: "console.error('waybill: there is no key'); process.exit(2)" });
  await expect(refused.prepared()).rejects.toThrow(new UsageError('there is no key'));
  const broken = await launch({ begin: "console.error('out of memory'); process.abort()" });
  await broken.prepared();
  const failure = await broken.begin().catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(WorkFailed);
  expect((failure as Error).message).toMatch(/ended \(SIGABRT\): [\s\S]*out of memory/);
});

it('leave their last words in the log of their start, and each line of their own', async () => {
  const started = await launch(
    {
      begin: `process.send({ say: 'running' });
              console.error('{"level":"info","msg":"as it was"}');
              console.error('FATAL ERROR: heap');
              setTimeout(() => process.exit(134), 50)`,
    },
    { firstPauseMs: 5_000 },
  );
  await started.begin();
  await untilSaid('they have ended (134)');
  expect(lines[0]).toBe('{"level":"info","msg":"as it was"}\n');
  expect(said('FATAL ERROR: heap')).toHaveLength(1);
});
