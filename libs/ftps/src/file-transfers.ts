import { type MvsAllocation, TransferError } from '#domain';
import type { ByteSink, ReadOptions, StreamEnd, WriteOptions } from '#protocol';
import { askSize, directoryExists, statFile } from './file-commands.ts';
import { isNotImplemented, isPositive, meansUnavailable, refusalCode, refused } from './replies.ts';
import type { Reply } from './reply-reader.ts';
import { parentOf, type SessionParts } from './session-parts.ts';
import type { RunningTransfer } from './transfer-dialogue.ts';

/**
 * SIZE, RETR, data, final reply. Complete means: data ended, the server confirmed, and the count equals SIZE;
 * where the server states no size, only close_notify proves the end, so the connection is tapped for it.
 */
export async function readFile(
  parts: SessionParts,
  path: string,
  sink: ByteSink,
  { statedSizeBytes, offset = 0n }: ReadOptions,
): Promise<StreamEnd> {
  const { control } = parts;
  const stated = await sizeOf(parts, path, statedSizeBytes);
  const begun = await parts.transfers.begin({
    verb: 'RETR',
    argument: path,
    tapped: stated === undefined,
    fallback: 'file_unavailable',
    ...(offset > 0n ? { restartAt: offset } : {}),
  });
  if ('refusal' in begun) {
    if (offset > 0n && meansRestart(begun.refusal)) throw resumeRefused(parts, begun.refusal);
    const gone = begun.refusal.code === 550 && (await statFile(parts, path)) === undefined;
    throw refused(
      gone ? 'path_not_found' : refusalCode(begun.refusal, 'file_unavailable'),
      control.phase,
      begun.refusal,
    );
  }
  const { transfer } = begun;
  const owed = stated === undefined ? undefined : stated - offset;
  const guard = owed === undefined ? sink : noMoreThan(owed, sink, parts);
  const received = await receive(transfer, guard);
  await transfer.confirm();
  const sizeBytes = BigInt(received);
  if (owed !== undefined && sizeBytes !== owed)
    throw new TransferError('size_mismatch', {
      phase: control.phase,
      detail: `${sizeBytes} bytes came, ${owed} were owed`,
    });
  const proved = transfer.data.closeNotify === 'seen';
  if (stated === undefined && !proved && !transfer.data.inClear)
    throw new TransferError('tls_truncated', { phase: control.phase });
  return { sizeBytes, end: proved ? 'proved' : 'unproved' };
}

/** As the listing stated it, or by SIZE; text is converted on the way, so that no size of it counts. */
async function sizeOf(
  parts: SessionParts,
  path: string,
  listed: bigint | undefined,
): Promise<bigint | undefined> {
  if (parts.endpoint.transferType === 'text') return undefined;
  if (listed !== undefined) return listed;
  const asked = askSize(parts, path);
  parts.transfers.prepareNext();
  return asked;
}

/** Up to the open data connection of a STOR. */
export async function beginWrite(
  parts: SessionParts,
  path: string,
  { offset = 0n, expectedSizeBytes }: WriteOptions,
): Promise<RunningTransfer> {
  const { phase } = parts.control;
  if (offset > 0n) await demandSize(parts, path, offset);
  else await allocate(parts, expectedSizeBytes);
  const begun = await parts.transfers.begin({
    verb: 'STOR',
    argument: path,
    tapped: false,
    fallback: 'permission_denied',
    ...(offset > 0n ? { restartAt: offset } : {}),
  });
  if ('transfer' in begun) {
    begun.transfer.data.drain();
    return begun.transfer;
  }
  const { refusal } = begun;
  if (offset > 0n && meansRestart(refusal)) throw resumeRefused(parts, refusal);
  // Servers answer a missing folder and a forbidden one alike (550 or 553).
  if (meansUnavailable(refusal)) {
    const { exists } = await directoryExists(parts, parentOf(path));
    if (!exists) throw refused('path_not_found', phase, refusal);
  }
  throw refused(refusalCode(refusal, 'permission_denied'), phase, refusal);
}

/** STOR after REST must begin where the file ends (RFC 3659 section 5.3). */
async function demandSize(parts: SessionParts, path: string, offset: bigint): Promise<void> {
  const size = await askSize(parts, path);
  if (size === offset) return;
  throw new TransferError('resume_refused', {
    phase: parts.control.phase,
    detail: `the server has ${size ?? 'an unknown number of'} bytes, ${offset} were expected`,
  });
}

/** z/OS wants to know the shape of a data set before it is made, and others its size (RFC 959 section 4.1.3). */
async function allocate(parts: SessionParts, sizeBytes: bigint | undefined): Promise<void> {
  const { control, deadlines, endpoint } = parts;
  if (!endpoint.site) return;
  for (const setting of siteSettings(endpoint.site)) {
    const reply = await control.exchange('SITE', setting, deadlines.replyMs);
    if (!isPositive(reply)) throw refused('invalid_configuration', control.phase, reply);
  }
  if (sizeBytes === undefined || sizeBytes === 0n) return;
  const reply = await control.exchange('ALLO', String(sizeBytes), deadlines.replyMs);
  // 202: not needed here. 452 and 552: no room, better said now than in the middle.
  if (reply.code === 452 || reply.code === 552) throw refused('disk_full', control.phase, reply);
}

/** The closed list of what may stand after SITE. */
export function siteSettings(site: MvsAllocation): string[] {
  const { recordFormat, recordLength, blockSize, fileType } = site;
  return [
    ...(fileType ? [`FILETYPE=${fileType}`] : []),
    ...(recordFormat ? [`RECFM=${recordFormat}`] : []),
    ...(recordLength === undefined ? [] : [`LRECL=${recordLength}`]),
    ...(blockSize === undefined ? [] : [`BLKSIZE=${blockSize}`]),
  ];
}

/** 554 and 555 say so (RFC 1123 section 4.1.3.4); REST unknown means the same. */
function meansRestart(refusal: Reply): boolean {
  return refusal.code === 554 || refusal.code === 555 || isNotImplemented(refusal);
}

function resumeRefused(parts: SessionParts, refusal: Reply): TransferError {
  return refused('resume_refused', parts.control.phase, refusal);
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
        detail: `more than the ${stated} bytes that were owed`,
      });
    return sink(chunk);
  };
}
