import { TransferError } from '#domain';
import type { RemoteSession } from '#protocol';
import type { MoveOrder } from './order.ts';
import { parentOf, temporaryPath } from './paths.ts';
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
  const target = await destination.stat(order.destinationPath, signal);
  const ours =
    target?.sizeBytes === sizeBytes && (await hashAt(destination, order.destinationPath, signal)) === sha256;
  const left = await destination.stat(temporary, signal);
  if (ours) {
    // A rename made of two steps (link, then unlink) may have stopped between them: both names, one file.
    if (left) await removeAllTemporaries(order, destination, signal);
    return { kind: 'published_unrecorded', destinationPath: order.destinationPath };
  }
  // The temporary file still under its own name: the rename did not happen, and cannot any more once it is gone.
  if (left) {
    await removeAllTemporaries(order, destination, signal);
    return { kind: 'move', reason: 'the temporary file was still there' };
  }
  return decideByPolicy(order, target !== undefined);
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

async function removeAllTemporaries(
  order: MoveOrder,
  destination: RemoteSession,
  signal: AbortSignal,
): Promise<void> {
  for (let fence = 1; fence < order.fence; fence++) {
    await destination.remove(temporaryPath(order.destinationPath, order.transferId, fence), signal);
  }
  const committed = order.previous.temporaryPath;
  if (committed !== null && parentOf(committed) !== parentOf(order.destinationPath))
    await destination.remove(committed, signal);
}
