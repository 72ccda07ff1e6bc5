import { type AssuranceLevel, TransferError } from '#domain';
import { reach } from '#failpoint';
import type { FileStat, RemoteSession } from '#protocol';
import { disposeSource } from './dispose-source.ts';
import type { MoveFact, MoveOrder } from './order.ts';
import { parentOf, temporaryPath, versionedPath } from './paths.ts';
import { type Reconciliation, reconcile, removeTemporaries } from './reconcile.ts';
import { leavesPartial, mayResume, takeOverPartial } from './resume.ts';
import { type Streamed, stream } from './stream.ts';
import { verify } from './verify.ts';

/**
 * Moves one file version from source to destination. The page to read first.
 *
 * Each fact is yielded before the step that it allows, and the step runs only when the consumer asks for the
 * next fact: what it has committed by then can be found again after `kill -9` at any line of this page.
 * Rejects with a TransferError; the source is untouched then, unless the file was published before.
 */
export async function* moveFile(
  order: MoveOrder,
  source: RemoteSession,
  destination: RemoteSession,
  signal: AbortSignal,
): AsyncGenerator<MoveFact, void, void> {
  const state = await settleThePast(order, destination, signal);
  if (state.kind === 'move') {
    if (order.previous.publishIntended) {
      yield { kind: 'publish_withdrawn', reason: state.reason };
      // Only now: until the withdrawal is committed the file under our name is its proof.
      await removeTemporaries(order, destination, order.destinationPath, order.fence, signal);
    }
    yield* deliver(order, source, destination, signal);
  } else if (state.kind === 'published_unrecorded') {
    yield published(order, state.destinationPath, true);
  }
  if (state.kind !== 'published_recorded') reach('delivered_committed');
  yield* disposeSource(order, source, signal);
}

/** Decides where an earlier attempt stopped: nothing to keep, published but not recorded, or recorded. */
async function settleThePast(
  order: MoveOrder,
  destination: RemoteSession,
  signal: AbortSignal,
): Promise<Reconciliation> {
  if (order.previous.delivered) return { kind: 'published_recorded' };
  if (!order.previous.publishIntended) return { kind: 'move', reason: '' };
  return reconcile(order, destination, signal);
}

async function* deliver(
  order: MoveOrder,
  source: RemoteSession,
  destination: RemoteSession,
  signal: AbortSignal,
): AsyncGenerator<MoveFact, void, void> {
  await refuseChangedSource(order, source, 'open', signal);
  reach('source_stated');
  await destination.makeDirectory(parentOf(order.destinationPath), signal);
  const finalPath = await choosePath(order, destination, signal);
  const temporary = temporaryPath(finalPath, order.transferId, order.fence);

  const resumedAtBytes = await takeOverPartial(order, source, destination, finalPath, signal);

  yield { kind: 'streaming', temporaryPath: temporary, destinationPath: finalPath, resumedAtBytes };
  let streamed: Streamed;
  let assurance: AssuranceLevel;
  try {
    streamed = await streamOrRestart(order, source, destination, temporary, resumedAtBytes, signal);
    await refuseChangedSource(order, source, 'verify', signal);

    yield { kind: 'verifying', sizeBytes: streamed.sizeBytes, sha256: streamed.sha256 };
    assurance = await verify(order, streamed, { source, destination, temporary }, signal);
    reach('verified');
    if (order.keepModified) await keepModified(order, source, destination, temporary, signal);
  } catch (error) {
    if (!(mayResume(order, source, destination) && leavesPartial(error)))
      await removeQuietly(destination, temporary);
    throw error;
  }

  const { sizeBytes, sha256 } = streamed;
  yield { kind: 'publish_intended', sizeBytes, sha256, assurance };
  reach('intent_committed');
  // A worker that froze before its rename and wakes now must find nothing to rename.
  await removeTemporaries(order, destination, finalPath, order.fence - 1, signal);
  try {
    await destination.rename(temporary, finalPath, { overwrite: order.onExisting === 'overwrite' }, signal);
  } catch (error) {
    if (await provedNotRenamed(destination, temporary, signal)) {
      yield { kind: 'publish_withdrawn', reason: 'the destination refused the rename' };
      await removeQuietly(destination, temporary);
    }
    throw error;
  }
  if (assurance !== 'none' && !(await isPublished(order, destination, finalPath, sizeBytes, signal))) {
    yield { kind: 'publish_withdrawn', reason: 'the rename was confirmed and not done' };
    await removeQuietly(destination, temporary);
    throw new TransferError('rename_failed', {
      phase: 'publish',
      detail: `${destination.endpoint} confirmed the rename to ${finalPath}, but the file still has its temporary name.`,
    });
  }
  // A local directory reaches it by itself; of a remote server's we know no more than this.
  if (!destination.capabilities.local) reach('directory_synced');

  yield published(order, finalPath, false);
}

/**
 * Servers answer 250 to renames they did not do; only the target itself is believed. False: proved not to have happened,
 * because the temporary file is still there.
 */
async function isPublished(
  order: MoveOrder,
  destination: RemoteSession,
  finalPath: string,
  sizeBytes: bigint,
  signal: AbortSignal,
): Promise<boolean> {
  const found = await destination.stat(finalPath, signal);
  const asExpected = found?.sizeBytes === sizeBytes;
  const replaces = order.onExisting === 'overwrite';
  // Somebody else's file may have the same size: the one to be replaced, or one that was put there at this moment. A look
  // more is spent where that would cost something.
  if (asExpected && !replaces && order.afterDelivery.source === 'keep') return true;
  const temporary = temporaryPath(finalPath, order.transferId, order.fence);
  if ((!found || asExpected || replaces) && (await destination.stat(temporary, signal))) return false;
  if (asExpected) return true;
  // A partner may take a file at once: the route says what its absence means.
  if (!found && order.onAmbiguous === 'assume_delivered') return true;
  throw new TransferError(order.onAmbiguous === 'resend' ? 'rename_failed' : 'delivery_in_doubt', {
    phase: 'publish',
    detail: `${destination.endpoint} confirmed the rename to ${finalPath}, but ${found ? `it has ${found.sizeBytes} bytes of ${sizeBytes}` : 'it is not there'}.`,
  });
}

/** A refusal is an answer; a broken session leaves the question to the next attempt (see reconcile.ts). */
async function provedNotRenamed(
  destination: RemoteSession,
  temporary: string,
  signal: AbortSignal,
): Promise<boolean> {
  if (destination.broken || signal.aborted) return false;
  return (await destination.stat(temporary, signal)) !== undefined;
}

function published(order: MoveOrder, destinationPath: string, recovered: boolean): MoveFact {
  return { kind: 'published', destinationPath, disposes: order.afterDelivery.source !== 'keep', recovered };
}

/** The listed version is what was ordered; anything else is a file nobody asked for yet. */
async function refuseChangedSource(
  order: MoveOrder,
  source: RemoteSession,
  phase: 'open' | 'verify',
  signal: AbortSignal,
): Promise<void> {
  const now = await source.stat(order.version.path, signal);
  if (!now) {
    throw new TransferError('source_gone', {
      phase,
      detail: `${order.version.path} was listed, but is not there any more.`,
    });
  }
  if (isOrdered(order, now)) return;
  throw new TransferError('source_changed', {
    phase,
    detail: `${order.version.path} was listed with ${order.version.sizeBytes} bytes of ${order.version.modified}; now it has ${now.sizeBytes} of ${now.modified}.`,
  });
}

function isOrdered(order: MoveOrder, stat: FileStat): boolean {
  return stat.sizeBytes === order.version.sizeBytes && stat.modified === order.version.modified;
}

/** How many versions of one name are tried before the route is called misconfigured. */
const MAX_VERSIONS = 1000;

async function choosePath(
  order: MoveOrder,
  destination: RemoteSession,
  signal: AbortSignal,
): Promise<string> {
  if (order.onExisting === 'overwrite') return order.destinationPath;
  if (!(await destination.stat(order.destinationPath, signal))) return order.destinationPath;
  if (order.onExisting === 'version') {
    for (let number = 2; number <= MAX_VERSIONS; number++) {
      const path = versionedPath(order.destinationPath, number);
      if (!(await destination.stat(path, signal))) return path;
    }
  }
  throw new TransferError('destination_exists', {
    phase: 'open',
    detail: `${order.destinationPath} exists on ${destination.endpoint}.`,
  });
}

/** A server that does not go on in the middle gets the file from the beginning. */
async function streamOrRestart(
  order: MoveOrder,
  source: RemoteSession,
  destination: RemoteSession,
  temporary: string,
  resumeAt: bigint,
  signal: AbortSignal,
): Promise<Streamed> {
  try {
    return await stream(order, source, destination, temporary, resumeAt, signal);
  } catch (error) {
    const startsOver = resumeAt > 0n && error instanceof TransferError && error.code === 'resume_refused';
    if (!startsOver || source.broken || destination.broken) throw error;
    return stream(order, source, destination, temporary, 0n, signal);
  }
}

/** Before the rename, so that nobody sees the file with another time; its absence is no reason to fail. */
async function keepModified(
  order: MoveOrder,
  source: RemoteSession,
  destination: RemoteSession,
  temporary: string,
  signal: AbortSignal,
): Promise<void> {
  const modifiedAt = (await source.stat(order.version.path, signal))?.modifiedAt;
  if (modifiedAt) await destination.setModified(temporary, modifiedAt, signal);
}

/** Best effort: what stays behind has our name on it and is removed by the next attempt. */
async function removeQuietly(destination: RemoteSession, path: string): Promise<void> {
  if (destination.broken) return;
  try {
    await destination.remove(path, AbortSignal.timeout(10_000));
  } catch (error) {
    if (!(error instanceof TransferError)) throw error;
  }
}
