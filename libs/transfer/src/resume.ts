import { TransferError } from '#domain';
import type { RemoteSession } from '#protocol';
import type { MoveOrder } from './order.ts';
import { temporaryPath } from './paths.ts';

/**
 * How much of an earlier attempt may be kept, moved under our own temporary name; 0n when nothing. A worker that went
 * silent may wake and go on writing, whatever name its file has by then: what it left is never kept.
 *
 * Only where the route allows it and the whole file will be proved by a hash of the far side: the source server's own
 * when we keep bytes here, the destination's (or reading it back) when they are kept there.
 */
export async function takeOverPartial(
  order: MoveOrder,
  source: RemoteSession,
  destination: RemoteSession,
  finalPath: string,
  signal: AbortSignal,
): Promise<bigint> {
  if (!mayResume(order, source, destination)) return 0n;
  for (let fence = order.fence - 1; fence > 0; fence--) {
    if (order.previous.silentFences?.includes(fence)) continue;
    const earlier = temporaryPath(finalPath, order.transferId, fence);
    const found = await destination.stat(earlier, signal);
    if (!found || found.sizeBytes === 0n || found.sizeBytes >= order.version.sizeBytes) continue;
    const ours = temporaryPath(finalPath, order.transferId, order.fence);
    await destination.rename(earlier, ours, { overwrite: true }, signal);
    return found.sizeBytes;
  }
  return 0n;
}

export function mayResume(order: MoveOrder, source: RemoteSession, destination: RemoteSession): boolean {
  const { capabilities: from } = source;
  const { capabilities: to } = destination;
  if (!order.resume || !from.resume || !to.resume) return false;
  // One side has to be read again for the hash of the whole: that is only worth it on our own disk.
  if (from.local) return true;
  return to.local && (from.hashes.includes('sha256') || from.hashes.includes('sha512'));
}

/** After such a failure the bytes that arrived are as good as any: the next attempt goes on with them. */
export function leavesPartial(error: unknown): boolean {
  return (
    error instanceof TransferError &&
    ['transfer_interrupted', 'connection_lost', 'reply_timeout', 'server_busy', 'shutting_down'].includes(
      error.code,
    )
  );
}
