import type { RunRecorder } from '#audit';
import { TransferError } from '#domain';
import type { RemoteSession } from '#protocol';
import type { Lease } from './lease-keeper.ts';

/** A refused login pauses the endpoint for every worker: accounts are locked after a few. */
export async function underLoginPause(
  { recorder, worker }: { recorder: RunRecorder; worker: string },
  endpoint: string,
  open: () => Promise<RemoteSession>,
): Promise<RemoteSession> {
  await recorder.demandLoginAllowed(endpoint);
  try {
    const session = await open();
    await recorder.recordLoginAccepted(worker, endpoint);
    return session;
  } catch (error) {
    if (error instanceof TransferError && error.code === 'auth_rejected')
      await recorder.recordLoginRefused(worker, endpoint, error);
    throw error;
  }
}

/** A worker that stood still would log in on top of its successors. */
export function demandSlot(lease: Lease | undefined): void {
  if (lease?.stillHeld() ?? true) return;
  const detail = 'This worker stood still for so long that others may have its sessions.';
  throw new TransferError('lease_lost', { phase: 'connect', detail });
}
