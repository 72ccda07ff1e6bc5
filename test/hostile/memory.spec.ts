import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Faults, type PartnerSim, type Piece, startPartnerSim } from '#apps/partner-sim';
import { anEndpointAt } from '../support/builders.ts';
import { expectNotDelivered } from './support/expectations.ts';
import { MLST, without } from './support/scripts.ts';
import type { MemoryOrder, MemoryReport } from './support/session-memory.ts';
import { Stage } from './support/stage.ts';

const MIB = 1024 * 1024;
const LIMIT_BYTES = 32 * MIB;
const password = 'not a secret';
const script = join(import.meta.dirname, 'support/session-memory.ts');

let root: string;
let good: PartnerSim;
let stage: Stage;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'waybill-memory-'));
  for (const folder of ['out', 'in']) await mkdir(join(root, folder));
  await writeFile(join(root, 'out/a.csv'), 'x');
  good = await startPartnerSim({ root, username: 'waybill', password });
  stage = await Stage.open();
});
afterAll(async () => {
  await good.close();
  await stage.close();
  await rm(root, { recursive: true, force: true });
});

/** A session of its own process against these faults. */
async function measure(faults: Faults, order: Partial<MemoryOrder> = {}): Promise<MemoryReport> {
  const bad = await startPartnerSim({ root, username: 'waybill', password, faults });
  const whole: MemoryOrder = {
    good: anEndpointAt(good),
    bad: anEndpointAt(bad),
    password,
    act: 'list',
    stopAfterMs: 2_000,
    ...order,
  };
  try {
    const child = spawn(
      process.execPath,
      [
        '--expose-gc',
        '--max-semi-space-size=1',
        '--conditions=waybill-source',
        script,
        JSON.stringify(whole),
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    return JSON.parse(await text(child.stdout)) as MemoryReport;
  } finally {
    await bad.close();
  }
}

const to = (verb: string, pieces: () => Iterable<Piece>, beginning = ''): Faults => ({
  answer: (reply, command) => (command.verb === verb && reply.startsWith(beginning) ? pieces() : undefined),
});
const data = (verb: string, pieces: () => Iterable<string | Uint8Array>): Faults => ({
  content: (command) => (command.verb === verb ? pieces() : undefined),
});
function* endless<T>(make: (index: number) => T): Generator<T> {
  for (let index = 0; index < 10_000_000; index++) yield make(index);
}
const block = Buffer.alloc(MIB, 'x');
const rows = (make: (index: number) => string) => () =>
  endless((index) => Array.from({ length: 1_000 }, (_, offset) => make(index * 1_000 + offset)).join(''));

describe('a session grows by no more than 32 MiB', () => {
  it.each([
    ['a greeting line', to('', () => endless(() => block)), 'protocol_violation'],
    ['a greeting of lines', to('', () => endless(() => '220-hello\r\n'.repeat(100))), 'protocol_violation'],
    [
      'a FEAT',
      to('FEAT', () => endless((n) => (n === 0 ? '211-x\r\n' : ' FEATURE\r\n'.repeat(1_000)))),
      'protocol_violation',
    ],
    [
      'preliminary replies',
      to('MLSD', () => endless(() => '150 x\r\n'.repeat(100)), '150'),
      'protocol_violation',
    ],
    ['replies to nothing', to('TYPE', () => endless(() => '200 x\r\n'.repeat(100))), 'protocol_violation'],
    ['a listing line', data('MLSD', () => endless(() => block)), 'protocol_violation'],
  ] as const)('row 03, ftps 4.10: facing %s without end', async (_, faults, code) => {
    const report = await measure(faults);
    expect(report.code).toBe(code);
    expect(report.grownBytes).toBeLessThan(LIMIT_BYTES);
  });

  it.each([
    ['of files', rows((n) => `type=file;size=1;modify=20261121060000; ${String(n).padStart(12, 'f')}\r\n`)],
    [
      'of files with long names',
      rows((n) => `type=file;size=1;modify=20261121060000; ${String(n).padStart(240, 'f')}\r\n`),
    ],
    ['of rows that mean nothing', rows((n) => `garbage ${n} ${'x'.repeat(200)}\r\n`)],
    ['of names that are refused', rows((n) => `type=file;size=1; ../${String(n).padStart(200, 'x')}\r\n`)],
    ['of blank lines', rows(() => '\r\n')],
    ['of the same name', rows(() => 'type=file;size=1;modify=20261121060000; a\r\n')],
  ] as const)('ftps 4.10: facing a listing %s without end', async (_, pieces) => {
    const report = await measure(data('MLSD', pieces), { stopAfterMs: 8_000 });
    expect(report.code).toBe('protocol_violation');
    expect(report.grownBytes).toBeLessThan(LIMIT_BYTES);
  });

  it('ftps 4.10: facing data without end, of no stated size', async () => {
    const report = await measure(
      without(/ (MLST|SIZE).*\r\n/g, {
        ...data('RETR', () => endless(() => block)),
        answer: (_, { verb }) => (verb === 'SIZE' ? ['502 No.\r\n'] : undefined),
      }),
      { act: 'read' },
    );
    expect(report.receivedBytes).toBeGreaterThan(64 * MIB);
    expect(report.grownBytes).toBeLessThan(LIMIT_BYTES);
  });

  it('ftps 4.10: facing data without end while our own disk is stuck', async () => {
    const report = await measure(
      {
        ...data('RETR', () => endless(() => block)),
        answer: (_, { verb }) => (verb === 'SIZE' ? ['502 No.\r\n'] : undefined),
      },
      { act: 'read', stuckSink: true, stopAfterMs: 1_500 },
    );
    expect(report.grownBytes).toBeLessThan(LIMIT_BYTES);
  });

  it('ftps 4.10: facing a server that takes nothing of an upload', async () => {
    const report = await measure({ stallUploadAfterBytes: 1 }, { act: 'write', stopAfterMs: 1_500 });
    expect(report.code).toBe('cancelled');
    expect(report.grownBytes).toBeLessThan(LIMIT_BYTES);
  });
});

describe('the product', () => {
  it('row 03, ftps 4.10: ends a run whose listing does not end, on record', async () => {
    const faults = data(
      'MLSD',
      rows((n) => `garbage ${n} ${'x'.repeat(1_000)}\r\n`),
    );
    const scene = await stage.pull({ faults });
    expect(await expectNotDelivered(stage, scene)).toBe('protocol_violation');
  });

  it('ftps 4.10, ftps 4.6: stops a download without end at the size that was listed, on record', async () => {
    const scene = await stage.pull({
      faults: without(MLST, {
        ...data('RETR', () => endless(() => block)),
        answer: (_, { verb }) => (verb === 'SIZE' ? ['502 No.\r\n'] : undefined),
      }),
    });
    expect(await expectNotDelivered(stage, scene)).toBe('size_mismatch');
  });

  it('ftps 4.10: a directory name of any length in a reply is only text', async () => {
    const scene = await stage.push({
      faults: {
        answer: (_, { verb }) =>
          verb === 'MKD' || verb === 'CWD'
            ? [`250-${'"'.repeat(4_000)}\r\n250 "${'"'.repeat(4_000)}\r\n`]
            : undefined,
      },
    });
    expect(scene.run.state).toBe('delivered');
  });
});
