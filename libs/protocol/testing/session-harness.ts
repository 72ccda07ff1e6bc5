import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { expect } from 'vitest';
import { type ErrorCode, type Phase, TransferError } from '#domain';
import type { FileWriter, HashAlgorithm, RemoteSession, SessionObserver } from '../src/index.ts';

/** One real endpoint under test, and a way to its disk that does not lead through the adapter. */
export interface SessionHarness {
  /** A new authenticated session; several may be open at once. */
  open(observer?: SessionObserver): Promise<RemoteSession>;
  /** An existing, empty directory on the endpoint, absolute; the suite works inside it. */
  root: string;
  /** The bytes on the server's disk under an endpoint path; undefined when there is no file. */
  peek(path: string): Promise<Buffer | undefined>;
  /** Writes bytes to the server's disk under an endpoint path whose directory exists; replaces. */
  plant(path: string, bytes: Buffer): Promise<void>;
  cleanup(): Promise<void>;
}

export const unlimited = new AbortController().signal;

export const MEBIBYTE = 1024 * 1024;
/** Around the sizes of TLS records, socket buffers and write batches. */
export const SIZES = [0, 1, 65_535, 65_536, 65_537, MEBIBYTE, 5 * MEBIBYTE] as const;

/** Legal names that have broken clients: quoting, encoding, option parsing, column splitting, length. */
export const AWKWARD_NAMES = [
  'with space.csv',
  'two  spaces.csv',
  'Überweisung-日本語-🚚.csv',
  '100%.csv',
  '%2e%2e%2f.csv',
  'say "hello".csv',
  "it's.csv",
  '-rf.csv',
  '.hidden',
  'semi;colon&amp.csv',
  '*[a-z]?.csv',
  'no-extension',
  'x'.repeat(200),
];

export const HOSTILE_NAMES = [
  'esc\u001b[31m.csv',
  'bell\u0007.csv',
  'rtl\u202etxt.exe',
  'zero\u200bwidth.csv',
];
export const HOSTILE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/;

export async function collect(
  session: RemoteSession,
  path: string,
): Promise<{ bytes: Buffer; statedBytes: bigint }> {
  const chunks: Buffer[] = [];
  // A copy: the chunk's memory belongs to the adapter again as soon as the sink returns.
  const { sizeBytes } = await session.read(path, (chunk) => void chunks.push(Buffer.from(chunk)), unlimited);
  return { bytes: Buffer.concat(chunks), statedBytes: sizeBytes };
}

/** Writes through one small buffer that is overwritten after each piece, as the engine's source does. */
export async function pourInto(writer: FileWriter, bytes: Buffer, pieceBytes = 16_384): Promise<void> {
  const reused = Buffer.alloc(pieceBytes);
  for (let offset = 0; offset < bytes.length; offset += pieceBytes) {
    const length = bytes.copy(reused, 0, offset);
    await writer.write(reused.subarray(0, length));
    reused.fill(0xee);
  }
}

export async function upload(session: RemoteSession, path: string, bytes: Buffer): Promise<bigint> {
  const writer = await session.openWrite(path, unlimited);
  await pourInto(writer, bytes);
  return (await writer.finish()).sizeBytes;
}

export async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => expect.unreachable('it was expected to fail'),
    (error: unknown) => error,
  );
}

/** What the engine relies on: our error class, the code it decides by, the phase the operator reads. */
export async function expectTransferError(
  work: Promise<unknown>,
  code: ErrorCode,
  phases: readonly Phase[],
): Promise<void> {
  const error = await failureOf(work);
  expect(error).toBeInstanceOf(TransferError);
  expect((error as TransferError).code).toBe(code);
  expect(phases).toContain((error as TransferError).phase);
}

/** After a failure a session either works on or says that it does not. */
export async function expectUsableOrBroken(session: RemoteSession, witness: string): Promise<void> {
  if (session.broken) {
    expect(await failureOf(session.stat(witness, unlimited))).toBeInstanceOf(TransferError);
    return;
  }
  const stat = await session.stat(witness, unlimited);
  const { bytes } = await collect(session, witness);
  expect(stat?.sizeBytes).toBe(BigInt(bytes.length));
}

/** Lets everything run that is able to run: many turns of the event loop, no clock. */
export async function eventLoopTurns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

export function digestOf(algorithm: HashAlgorithm, bytes: Buffer): string {
  return algorithm === 'crc32'
    ? crc32(bytes).toString(16).padStart(8, '0')
    : createHash(algorithm).update(bytes).digest('hex');
}
