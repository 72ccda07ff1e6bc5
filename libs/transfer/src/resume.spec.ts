import { expect, it } from 'vitest';
import type { Capabilities } from '#protocol';
import { MemoryFiles, MemorySession } from '#protocol/testing';
import { moveFile } from './move-file.ts';
import type { MoveFact, MoveOrder } from './order.ts';

const signal = new AbortController().signal;
const TRANSFER = '00000000-0000-4000-8000-000000000001';
const FIRST = `/in/.waybill-${TRANSFER}-1.part`;
const BYTES = Buffer.from('one two three');

const DISK: Capabilities = {
  renameNoReplace: true,
  hashes: [],
  resume: true,
  local: true,
  convertsText: false,
  strongestAssurance: 'read_back',
};

/** A first attempt has left its beginning; its worker still has the file open. */
async function secondAttempt(silentFences: number[]) {
  const source = new MemoryFiles();
  const destination = new MemoryFiles();
  const { modified } = source.place('/a.csv', BYTES, 'partner');
  destination.makeDirectory('/in');
  const open = destination.place(FIRST, BYTES.subarray(0, 4), 'first');
  const order: MoveOrder = {
    transferId: TRANSFER,
    fence: 2,
    version: { path: '/a.csv', sizeBytes: BigInt(BYTES.length), modified },
    destinationPath: '/in/a.csv',
    onExisting: 'refuse',
    onAmbiguous: 'hold',
    minimumAssurance: 'read_back',
    resume: true,
    keepModified: false,
    afterDelivery: { source: 'keep' },
    previous: {
      publishIntended: false,
      temporaryPath: FIRST,
      sizeBytes: null,
      sha256: null,
      assurance: null,
      delivered: false,
      silentFences,
    },
  };
  const session = (files: MemoryFiles) =>
    new MemorySession({ name: 'disk', files, capabilities: DISK, chunkBytes: 4 }, 'second');
  const facts: MoveFact[] = [];
  for await (const fact of moveFile(order, session(source), session(destination), signal)) facts.push(fact);
  return { facts, destination, open };
}

it('goes on with what an attempt left that has ended', async () => {
  const { facts } = await secondAttempt([]);
  expect(facts[0]).toMatchObject({ kind: 'streaming', resumedAtBytes: 4n });
});

it('does not go on with what a silent worker left: it may wake and write into the delivered file', async () => {
  const { facts, destination, open } = await secondAttempt([1]);
  expect(facts[0]).toMatchObject({ kind: 'streaming', resumedAtBytes: 0n });
  destination.write(open, 4, Buffer.from('NEW CONTENT'), 'first');
  expect(destination.get('/in/a.csv')!.bytes.toString()).toBe('one two three');
  expect(destination.paths).toEqual(['/in/a.csv']);
});
