import { TransferError } from '#domain';
import type { ByteSink, StreamEnd } from '#protocol';
import { askSize, directoryExists, statFile } from './file-commands.ts';
import { meansUnavailable, refusalCode, refused } from './replies.ts';
import { parentOf, type SessionParts } from './session-parts.ts';
import type { RunningTransfer } from './transfer-dialogue.ts';

/**
 * SIZE, RETR, data, final reply. Complete means: data ended, the server confirmed, and the count equals SIZE;
 * where the server states no size, only close_notify proves the end, so the connection is tapped for it.
 */
export async function readFile(parts: SessionParts, path: string, sink: ByteSink): Promise<StreamEnd> {
  const { control } = parts;
  const stated = await askSize(parts, path);
  const begun = await parts.transfers.begin({
    verb: 'RETR',
    argument: path,
    tapped: stated === undefined,
    fallback: 'file_unavailable',
  });
  if ('refusal' in begun) {
    const gone = begun.refusal.code === 550 && (await statFile(parts, path)) === undefined;
    throw refused(
      gone ? 'path_not_found' : refusalCode(begun.refusal, 'file_unavailable'),
      control.phase,
      begun.refusal,
    );
  }
  const { transfer } = begun;
  const guard = stated === undefined ? sink : noMoreThan(stated, sink, parts);
  const received = await receive(transfer, guard);
  await transfer.confirm();
  const sizeBytes = BigInt(received);
  if (stated !== undefined && sizeBytes !== stated)
    throw new TransferError('size_mismatch', {
      phase: control.phase,
      detail: `${sizeBytes} bytes came, the server stated ${stated}`,
    });
  const proved = transfer.data.closeNotify === 'seen';
  if (stated === undefined && !proved) throw new TransferError('tls_truncated', { phase: control.phase });
  return { sizeBytes, end: proved ? 'proved' : 'unproved' };
}

/** Up to the open data connection of a STOR. */
export async function beginWrite(parts: SessionParts, path: string): Promise<RunningTransfer> {
  const begun = await parts.transfers.begin({
    verb: 'STOR',
    argument: path,
    tapped: false,
    fallback: 'permission_denied',
  });
  if ('transfer' in begun) {
    begun.transfer.data.drain();
    return begun.transfer;
  }
  const { phase } = parts.control;
  const { refusal } = begun;
  // Servers answer a missing folder and a forbidden one alike (550 or 553).
  if (meansUnavailable(refusal)) {
    const { exists } = await directoryExists(parts, parentOf(path));
    if (!exists) throw refused('path_not_found', phase, refusal);
  }
  throw refused(refusalCode(refusal, 'permission_denied'), phase, refusal);
}

/** An error of the sink comes out as it is, not as the broken connection it leaves behind. */
async function receive(transfer: RunningTransfer, sink: ByteSink): Promise<number> {
  let sinkFailure: { error: unknown } | undefined;
  const fromSink = (error: unknown): never => {
    sinkFailure = { error };
    throw error;
  };
  try {
    return await transfer.data.receive((chunk) => {
      try {
        return sink(chunk)?.catch(fromSink);
      } catch (error) {
        return fromSink(error);
      }
    });
  } catch (error) {
    if (sinkFailure) throw sinkFailure.error;
    throw await transfer.explain(error);
  }
}

/** A server that sends more than it stated is stopped at once: the end may never come. */
function noMoreThan(stated: bigint, sink: ByteSink, parts: SessionParts): ByteSink {
  const limit = Number(stated);
  let count = 0;
  return (chunk) => {
    count += chunk.length;
    if (count > limit)
      throw new TransferError('size_mismatch', {
        phase: parts.control.phase,
        detail: `more than the ${stated} bytes the server stated`,
      });
    return sink(chunk);
  };
}
