import { createHash } from 'node:crypto';
import { type AssuranceLevel, meetsAssurance, TransferError } from '#domain';
import type { RemoteSession } from '#protocol';
import type { MoveOrder } from './order.ts';

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
  streamed: { sizeBytes: bigint; sha256: string },
  sides: Sides,
  signal: AbortSignal,
): Promise<AssuranceLevel> {
  const reached = (await sizeAgrees(streamed.sizeBytes, sides, signal)) ? 'size' : 'none';
  if (meetsAssurance(reached, order.minimumAssurance)) return reached;
  if (await serverHashAgrees(order, streamed.sha256, sides, signal)) return 'hash_by_server';
  if (meetsAssurance('read_back', order.minimumAssurance)) {
    await readBack(streamed.sha256, sides, signal);
    return 'read_back';
  }
  throw new TransferError('assurance_too_low', {
    phase: 'verify',
    detail: `The route needs ${order.minimumAssurance}; neither ${sides.source.endpoint} nor ${sides.destination.endpoint} computes hashes.`,
  });
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

/** The partner's server hashes its own copy: the target of a push, the source of a pull. false when it cannot. */
async function serverHashAgrees(
  order: MoveOrder,
  sha256: string,
  sides: Sides,
  signal: AbortSignal,
): Promise<boolean> {
  const { source, destination, temporary } = sides;
  const hashing = destination.capabilities.hashes.includes('sha256')
    ? { session: destination, path: temporary }
    : source.capabilities.hashes.includes('sha256')
      ? { session: source, path: order.version.path }
      : undefined;
  if (!hashing) return false;
  refuseOtherHash(
    hashing.session.endpoint,
    await hashing.session.hash(hashing.path, 'sha256', signal),
    sha256,
  );
  return true;
}

async function readBack(
  sha256: string,
  { destination, temporary }: Sides,
  signal: AbortSignal,
): Promise<void> {
  refuseOtherHash(destination.endpoint, await hashByReading(destination, temporary, signal), sha256);
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

function refuseOtherHash(endpoint: string, found: string, expected: string): void {
  if (found.toLowerCase() === expected) return;
  throw new TransferError('checksum_mismatch', {
    phase: 'verify',
    detail: `${endpoint} has SHA-256 ${found}, expected ${expected}.`,
  });
}
