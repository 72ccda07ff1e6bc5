import { createHash, type Hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { TransferError } from '#domain';
import { reach } from '#failpoint';
import type { HashAlgorithm, RemoteSession } from '#protocol';
import type { MoveOrder } from './order.ts';

export interface Streamed {
  sizeBytes: bigint;
  /** Lower-case hex of the bytes that were read. */
  sha256: string;
  /** Taken on the way for the one server that hashes, but not with SHA-256. */
  other?: { algorithm: HashAlgorithm; hex: string } | undefined;
  /** Bytes of an earlier attempt that were kept; 0 when everything was sent now. */
  resumedAtBytes: bigint;
}

/** Bytes go from one session to the other through one buffer; the hashes are taken on the way. */
export async function stream(
  order: MoveOrder,
  source: RemoteSession,
  destination: RemoteSession,
  temporary: string,
  resumeAt: bigint,
  signal: AbortSignal,
): Promise<Streamed> {
  const digests = new Digests(algorithmBesideSha256(source, destination));
  if (resumeAt > 0n && !source.capabilities.local)
    await hashKept(destination, temporary, digests, resumeAt, signal);
  const expected = convertsText(source, destination) ? undefined : order.version.sizeBytes;
  const writer = await destination.openWrite(temporary, signal, {
    expectedSizeBytes: expected,
    ...(resumeAt > 0n ? { offset: resumeAt } : {}),
  });
  reach('temporary_opened');
  let finished = false;
  const progress = order.progress ?? { streamedBytes: 0 };
  progress.streamedBytes = Number(resumeAt);
  try {
    const write = (chunk: Buffer) => {
      const taken = writer.write(chunk);
      progress.streamedBytes += chunk.length;
      reach('mid_bytes');
      return taken;
    };
    // Our own disk is read from the start: what is kept was sent from it, and the hash covers both.
    const fromStart = resumeAt > 0n && source.capabilities.local;
    const sink = fromStart ? skipping(resumeAt, digests, write) : hashing(digests, write);
    const end = await source.read(order.version.path, sink, signal, {
      statedSizeBytes: expected,
      ...(resumeAt > 0n && !fromStart ? { offset: resumeAt } : {}),
    });
    finished = true;
    reach('last_byte');
    const written = await writer.finish();
    reach('flushed');
    const sizeBytes = fromStart ? end.sizeBytes : resumeAt + end.sizeBytes;
    if (expected !== undefined) {
      refuseOtherSize('read from the source', sizeBytes, expected);
      refuseOtherSize('written to the destination', resumeAt + written.sizeBytes, expected);
    }
    return { sizeBytes, ...digests.take(), resumedAtBytes: resumeAt };
  } finally {
    if (!finished) await writer.abort();
  }
}

/** What arrives is not what was sent: neither sizes nor hashes of the two sides can be compared. */
export function convertsText(source: RemoteSession, destination: RemoteSession): boolean {
  return source.capabilities.convertsText || destination.capabilities.convertsText;
}

/** The only hash a server offers may be another one: then it is taken beside SHA-256. */
function algorithmBesideSha256(source: RemoteSession, destination: RemoteSession): HashAlgorithm | undefined {
  const offered = hashingSide(source, destination)?.capabilities.hashes ?? [];
  return offered.includes('sha256') ? undefined : offered[0];
}

/** The partner's server hashes its own copy: the target of a push, the source of a pull. */
export function hashingSide(source: RemoteSession, destination: RemoteSession): RemoteSession | undefined {
  if (convertsText(source, destination)) return undefined;
  return [destination, source].find(({ capabilities }) => capabilities.hashes.length > 0);
}

async function hashKept(
  destination: RemoteSession,
  temporary: string,
  digests: Digests,
  keptBytes: bigint,
  signal: AbortSignal,
): Promise<void> {
  const end = await destination.read(temporary, (chunk) => digests.update(chunk), signal);
  refuseOtherSize('kept at the destination', end.sizeBytes, keptBytes);
}

type Write = (chunk: Buffer) => void | Promise<void>;

function hashing(digests: Digests, write: Write): Write {
  return (chunk) => {
    // Hashed while the chunk is on its way already.
    const written = write(chunk);
    digests.update(chunk);
    return written;
  };
}

/** Hashes all, writes what comes after the bytes that are there already. */
function skipping(keptBytes: bigint, digests: Digests, write: Write): Write {
  let left = Number(keptBytes);
  return (chunk) => {
    digests.update(chunk);
    const skipped = Math.min(left, chunk.length);
    left -= skipped;
    return skipped === chunk.length ? undefined : write(chunk.subarray(skipped));
  };
}

class Digests {
  readonly #sha256 = createHash('sha256');
  readonly #algorithm: HashAlgorithm | undefined;
  readonly #other: Hash | undefined;
  #crc = 0;

  constructor(algorithm: HashAlgorithm | undefined) {
    this.#algorithm = algorithm;
    this.#other = algorithm === undefined || algorithm === 'crc32' ? undefined : createHash(algorithm);
  }

  update(chunk: Buffer): void {
    this.#sha256.update(chunk);
    this.#other?.update(chunk);
    if (this.#algorithm === 'crc32') this.#crc = crc32(chunk, this.#crc);
  }

  take(): Pick<Streamed, 'sha256' | 'other'> {
    const algorithm = this.#algorithm;
    const hex = this.#other?.digest('hex') ?? this.#crc.toString(16).padStart(8, '0');
    return {
      sha256: this.#sha256.digest('hex'),
      ...(algorithm === undefined ? {} : { other: { algorithm, hex } }),
    };
  }
}

function refuseOtherSize(what: string, found: bigint, listed: bigint): void {
  if (found === listed) return;
  throw new TransferError('size_mismatch', {
    phase: 'stream',
    detail: `${found} bytes ${what}, ${listed} were listed.`,
  });
}
