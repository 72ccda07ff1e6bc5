import { TransferError } from '#domain';
import type { RemoteSession } from '#protocol';
import type { MoveFact, MoveOrder } from './order.ts';
import { baseName, joinPath, versionedPath } from './paths.ts';

/**
 * Deletes or archives the source after the delivery is committed. May be repeated: what an earlier attempt has
 * done is found done. A source that is not the delivered version any more is left alone.
 */
export async function* disposeSource(
  order: MoveOrder,
  source: RemoteSession,
  signal: AbortSignal,
): AsyncGenerator<MoveFact, void, void> {
  const { source: disposition, to } = order.afterDelivery;
  if (disposition === 'keep') return;
  const note = await act(order, source, disposition === 'archive' ? to : undefined, signal);
  yield { kind: 'disposed', source: disposition, note };
}

async function act(
  order: MoveOrder,
  source: RemoteSession,
  archive: string | undefined,
  signal: AbortSignal,
): Promise<string> {
  const { path, sizeBytes, modified } = order.version;
  const now = await source.stat(path, signal);
  if (!now) return 'was gone already';
  if (now.sizeBytes !== sizeBytes || now.modified !== modified)
    return 'left alone: a newer version stands under this name';
  if (archive !== undefined) await source.makeDirectory(archive, signal);
  // First: left behind, it would declare the partner's next file of this name complete while it is being written.
  if (order.markerPath !== undefined) await disposeMarker(order, order.markerPath, source, archive, signal);
  if (archive === undefined) {
    demandLease(order);
    await source.remove(path, signal);
    return 'deleted';
  }
  return `archived to ${await moveInto(order, archive, path, source, signal)}`;
}

/** Gone already when an earlier attempt stopped between marker and file. */
async function disposeMarker(
  order: MoveOrder,
  path: string,
  source: RemoteSession,
  archive: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (archive === undefined) {
    demandLease(order);
    await source.remove(path, signal);
  } else if (await source.stat(path, signal)) await moveInto(order, archive, path, source, signal);
}

/** The archive keeps every version: yesterday's file of the same name is not overwritten. */
async function moveInto(
  order: MoveOrder,
  archive: string,
  path: string,
  source: RemoteSession,
  signal: AbortSignal,
): Promise<string> {
  const plain = joinPath(archive, baseName(path));
  for (let number = 1; ; number++) {
    const target = number === 1 ? plain : versionedPath(plain, number);
    try {
      demandLease(order);
      await source.rename(path, target, { overwrite: false }, signal);
      return target;
    } catch (error) {
      if (!(error instanceof TransferError) || error.code !== 'destination_exists') throw error;
    }
  }
}

/**
 * No server deletes a file only if it is still that one. Between our look and our command it is seconds at most, unless we
 * stood still meanwhile: then another worker may have finished, and the partner's next file stands under this name.
 */
function demandLease({ stillHeld, version }: MoveOrder): void {
  if (stillHeld?.() ?? true) return;
  throw new TransferError('lease_lost', {
    phase: 'dispose',
    detail: `${version.path} is left alone: this worker stood still for longer than its lease.`,
  });
}
