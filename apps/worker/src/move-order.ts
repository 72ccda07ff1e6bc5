import type { ClaimedTransfer } from '#audit';
import { TransferError, type TransferRoute } from '#domain';
import { type MoveOrder, type MoveProgress, markerPath } from '#transfer';
import type { Lease } from './lease-keeper.ts';

/** What the engine is told about one claimed file. */
export function orderFor(
  route: TransferRoute,
  claimed: ClaimedTransfer,
  lease: Lease,
  progress: MoveProgress,
): MoveOrder {
  return {
    transferId: claimed.claim.transferId,
    fence: claimed.claim.fence,
    version: claimed.version,
    destinationPath: claimed.destinationPath,
    onExisting: route.destination.onExisting,
    onAmbiguous: route.onAmbiguous,
    minimumAssurance: route.verify.minimum,
    resume: route.resume,
    keepModified: route.destination.keepModified ?? false,
    afterDelivery: route.afterDelivery,
    ...(route.source.marker !== undefined && {
      markerPath: markerPath(route.source.marker, claimed.version.path),
    }),
    stillHeld: lease.stillHeld,
    progress,
    previous: claimed.previous,
  };
}

/** A worker that stood still would write a file that nobody looks for: its successor has tidied up already. */
export function demandHeld(lease: Lease): void {
  if (lease.stillHeld()) return;
  const detail = 'This worker stood still for so long that another one may have the transfer.';
  throw new TransferError('lease_lost', { phase: 'open', detail });
}
