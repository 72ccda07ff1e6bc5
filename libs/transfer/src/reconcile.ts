import { TransferError } from '#domain';
import type { RemoteSession } from '#protocol';
import type { MoveOrder } from './order.ts';
import { temporaryPath } from './paths.ts';
import { hashByReading } from './verify.ts';

/** Where the work of earlier attempts stands. */
export type Reconciliation =
  /** Nothing of it is visible to the partner: start anew. */
  | { kind: 'move'; reason: string }
  /** The rename happened, its commit did not. */
  | { kind: 'published_unrecorded'; destinationPath: string }
  | { kind: 'published_recorded' };

/**
 * An earlier attempt committed its intent to rename and fell silent. The destination is asked what became of
 * it; what it cannot prove is never guessed, but decided by the route's `onAmbiguous`.
 */
export async function reconcile(
  order: MoveOrder,
  destination: RemoteSession,
  signal: AbortSignal,
): Promise<Reconciliation> {
  const { temporaryPath: temporary, sizeBytes, sha256 } = order.previous;
  if (temporary === null || sizeBytes === null || sha256 === null) {
    throw new TransferError('internal', {
      phase: 'publish',
      detail: 'A publish intent without temporary name, size or hash.',
    });
  }
  const seized = await seizeTemporary(order, temporary, destination, signal);
  // After seizing: a rename made of two steps (link, then unlink) may have stopped between them, both names, one file.
  const target = await destination.stat(order.destinationPath, signal);
  const ours =
    target?.sizeBytes === sizeBytes && (await hashAt(destination, order.destinationPath, signal)) === sha256;
  if (ours) {
    await removeTemporaries(order, destination, order.destinationPath, order.fence, signal);
    return { kind: 'published_unrecorded', destinationPath: order.destinationPath };
  }
  if (seized) return { kind: 'move', reason: 'the temporary file was still there' };
  return decideByPolicy(order, target !== undefined);
}

/**
 * The temporary file gets the name of our fence: whoever froze before its rename has nothing to rename any more, and
 * that it was still there can be found again after `kill -9`. While the intent stands, no temporary file of a fence
 * from that of the intent on comes from anywhere else. False: it was not there, so the rename may have happened.
 */
async function seizeTemporary(
  order: MoveOrder,
  intended: string,
  destination: RemoteSession,
  signal: AbortSignal,
): Promise<boolean> {
  const ours = temporaryPath(order.destinationPath, order.transferId, order.fence);
  let begun = false;
  // Upwards: whoever else seizes it, late, gives it the name of a higher fence, where we have yet to look.
  for (let fence = 1; fence < order.fence; fence++) {
    const earlier = temporaryPath(order.destinationPath, order.transferId, fence);
    begun ||= earlier === intended;
    if (!begun || !(await destination.stat(earlier, signal))) continue;
    if (await renamed(earlier, ours, destination, signal)) return true;
  }
  return false;
}

/** False when the file went away after we had seen it. */
async function renamed(
  from: string,
  to: string,
  destination: RemoteSession,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await destination.rename(from, to, { overwrite: true }, signal);
    return true;
  } catch (error) {
    if (destination.broken || signal.aborted || (await destination.stat(from, signal))) throw error;
    return false;
  }
}

async function hashAt(destination: RemoteSession, path: string, signal: AbortSignal): Promise<string> {
  if (destination.capabilities.hashes.includes('sha256'))
    return (await destination.hash(path, 'sha256', signal)).toLowerCase();
  return hashByReading(destination, path, signal);
}

function decideByPolicy(order: MoveOrder, targetExists: boolean): Reconciliation {
  const found = targetExists
    ? 'another file is at the destination'
    : 'neither the temporary nor the final file is there';
  switch (order.onAmbiguous) {
    case 'resend':
      return { kind: 'move', reason: `in doubt (${found}); the route says resend` };
    case 'assume_delivered':
      return { kind: 'published_unrecorded', destinationPath: order.destinationPath };
    case 'hold':
      throw new TransferError('delivery_in_doubt', {
        phase: 'publish',
        detail: `The rename to ${order.destinationPath} was sent and not answered; now ${found}.`,
      });
  }
}

/** All that this transfer wrote under the names of the fences up to this one. */
export async function removeTemporaries(
  order: MoveOrder,
  destination: RemoteSession,
  finalPath: string,
  lastFence: number,
  signal: AbortSignal,
): Promise<void> {
  for (let fence = 1; fence <= lastFence; fence++)
    await destination.remove(temporaryPath(finalPath, order.transferId, fence), signal);
}

/** The transfer is given up: no later attempt will tidy up after the earlier ones. */
export function removeLeftovers(
  order: MoveOrder,
  destination: RemoteSession,
  signal: AbortSignal,
): Promise<void> {
  return removeTemporaries(order, destination, order.destinationPath, order.fence, signal);
}
