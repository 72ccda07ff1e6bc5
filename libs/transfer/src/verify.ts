import { createHash } from 'node:crypto';
import { type AssuranceLevel, meetsAssurance, TransferError } from '#domain';
import type { HashAlgorithm, RemoteSession } from '#protocol';
import type { MoveOrder } from './order.ts';
import { convertsText, hashingSide, type Streamed } from './stream.ts';

interface Sides {
  source: RemoteSession;
  destination: RemoteSession;
  temporary: string;
}

/**
 * Proves that the temporary file holds the source's bytes, as strongly as the route demands, and returns the
 * level reached. The count of bytes was checked while streaming; here the destination itself is asked.
 */
export async function verify(
  order: MoveOrder,
  streamed: Streamed,
  sides: Sides,
  signal: AbortSignal,
): Promise<AssuranceLevel> {
  // Converted text has another size and another hash at the far side: nothing can be compared.
  const reached: AssuranceLevel =
    !convertsText(sides.source, sides.destination) && (await sizeAgrees(streamed.sizeBytes, sides, signal))
      ? 'size'
      : 'none';
  // Bytes of an earlier attempt are only trusted with a hash over the whole.
  const minimum =
    streamed.resumedAtBytes > 0n ? strongerThanSize(order.minimumAssurance) : order.minimumAssurance;
  if (meetsAssurance(reached, minimum)) return reached;
  if (await serverHashAgrees(order, streamed, sides, signal)) return 'hash_by_server';
  // The hash of kept bytes was taken from the destination then: reading it back would prove nothing.
  const hashOfKept = streamed.resumedAtBytes > 0n && !sides.source.capabilities.local;
  if (meetsAssurance('read_back', minimum) && !hashOfKept) {
    await readBack(streamed.sha256, sides, signal);
    return 'read_back';
  }
  throw new TransferError('assurance_too_low', {
    phase: 'verify',
    detail: convertsText(sides.source, sides.destination)
      ? `The route needs ${minimum}, but text is converted on the way: only \`verify.minimum: none\` can be reached.`
      : `The route needs ${minimum}; neither ${sides.source.endpoint} nor ${sides.destination.endpoint} computes a hash strong enough.`,
  });
}

function strongerThanSize(minimum: AssuranceLevel): AssuranceLevel {
  return meetsAssurance('size', minimum) ? 'read_back' : minimum;
}

/** false when the destination cannot tell; a different size is an error, not a weaker proof. */
async function sizeAgrees(
  sizeBytes: bigint,
  { destination, temporary }: Sides,
  signal: AbortSignal,
): Promise<boolean> {
  const stat = await destination.stat(temporary, signal);
  if (!stat) return false;
  if (stat.sizeBytes === sizeBytes) return true;
  throw new TransferError('size_mismatch', {
    phase: 'verify',
    detail: `${destination.endpoint} holds ${stat.sizeBytes} bytes of ${sizeBytes}.`,
  });
}

/** Algorithms that nobody can forge a second file for; the others find accidents, and prove no more than a size does. */
const STRONG: readonly HashAlgorithm[] = ['sha512', 'sha256'];

/** False when no server hashes, or not strongly enough to count; a different hash of any kind is an error. */
async function serverHashAgrees(
  order: MoveOrder,
  { sha256, other }: Streamed,
  sides: Sides,
  signal: AbortSignal,
): Promise<boolean> {
  const { source, destination, temporary } = sides;
  const session = hashingSide(source, destination);
  if (!session) return false;
  const { algorithm, hex } = other ?? { algorithm: 'sha256' as const, hex: sha256 };
  const path = session === destination ? temporary : order.version.path;
  refuseOtherHash(session.endpoint, algorithm, await session.hash(path, algorithm, signal), hex);
  return STRONG.includes(algorithm);
}

async function readBack(
  sha256: string,
  { destination, temporary }: Sides,
  signal: AbortSignal,
): Promise<void> {
  refuseOtherHash(
    destination.endpoint,
    'sha256',
    await hashByReading(destination, temporary, signal),
    sha256,
  );
}

export async function hashByReading(
  session: RemoteSession,
  path: string,
  signal: AbortSignal,
): Promise<string> {
  const hash = createHash('sha256');
  await session.read(path, (chunk) => void hash.update(chunk), signal);
  return hash.digest('hex');
}

function refuseOtherHash(endpoint: string, algorithm: HashAlgorithm, found: string, expected: string): void {
  if (found.toLowerCase() === expected) return;
  throw new TransferError('checksum_mismatch', {
    phase: 'verify',
    detail: `${endpoint} has ${algorithm} ${found}, expected ${expected}.`,
  });
}
