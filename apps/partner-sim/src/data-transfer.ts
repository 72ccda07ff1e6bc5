import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Command } from './dialogue.ts';
import type { Faults } from './faults.ts';
import type { PassiveListener } from './passive-listener.ts';
import type { ServerTls } from './server-tls.ts';
import { acceptTls, describe, type SeenHandshake } from './tls-accept.ts';
import type { TransferJob } from './transfer-jobs.ts';

/** A client that never closes its side does not keep the final reply back for ever. */
const CLOSE_DEADLINE_MS = 5_000;

export interface DataParts {
  command: Command;
  passive: PassiveListener;
  job: TransferJob;
  faults: Faults;
  /** Shared with the control connection. */
  tls: ServerTls;
  otherTls(): ServerTls;
  /** The same certificate, and nothing else shared. */
  freshTls(): ServerTls;
  requireSessionReuse: boolean;
  /** ABOR, or the end of the control connection. */
  aborted: AbortSignal;
  reply(text: string): Promise<void>;
  onHandshake(seen: SeenHandshake): void;
  onClearBytes(bytes: Buffer): void;
}

/** 150, TLS (RFC 4217 section 12.7: after the reply), the data, their end, the final reply. */
export async function transferData(parts: DataParts): Promise<void> {
  const { faults, reply } = parts;
  await reply('150 Here it comes.');
  const raw = await parts.passive.arrival().catch(() => undefined);
  if (!raw) return reply('425 No data connection.');
  const abort = () => raw.destroy();
  parts.aborted.addEventListener('abort', abort);
  if (parts.aborted.aborted) abort();
  try {
    const data = await protect(raw, parts);
    if (typeof data === 'string') return await reply(data);
    if (faults.finalReply === 'early') await reply(parts.job.success);
    const outcome = await runJob(data, raw, parts);
    if (faults.finalReply === undefined) await reply(outcome);
    if (faults.extraReply) await reply('200 By the way.');
  } finally {
    parts.aborted.removeEventListener('abort', abort);
    raw.destroy();
  }
}

/** The connection that the data take, or the reply that refuses it. */
async function protect(raw: Socket, parts: DataParts): Promise<Socket | string> {
  const { dataChannel } = parts.faults;
  if (dataChannel === 'close') {
    raw.destroy();
    return '425 Cannot build the data connection.';
  }
  if (dataChannel === 'clear') {
    raw.on('data', parts.onClearBytes).pause();
    return raw;
  }
  if (dataChannel === 'silent') {
    raw.resume();
    if (!raw.destroyed) await once(raw, 'close');
    return '425 Cannot build the data connection.';
  }
  const { command, faults, onClearBytes } = parts;
  // A client may end its side before our last byte (RFC 8446 section 6.1); one that we stall may only leave.
  raw.allowHalfOpen = faults.stallDownloadAfterBytes === undefined;
  const accepted = await acceptTls(raw, tlsOf(parts), onClearBytes, faults.wire?.('data', command)).catch(
    () => undefined,
  );
  if (!accepted) return '425 TLS failed on the data connection.';
  parts.onHandshake(describe('data', command.verb, accepted));
  const { secured } = accepted;
  if (dataChannel !== undefined || !parts.requireSessionReuse || secured.isSessionReused()) return secured;
  await endData(secured, raw, false);
  return '522 Session reuse is required.';
}

function tlsOf(parts: DataParts): ServerTls {
  switch (parts.faults.dataChannel) {
    case 'other_certificate':
      return parts.otherTls();
    case 'no_resumption':
      return parts.freshTls();
    default:
      return parts.tls;
  }
}

async function runJob(data: Socket, raw: Socket, { job, faults }: DataParts): Promise<string> {
  try {
    const { reply, ending } = await job.run(data);
    if (ending === 'reset') raw.resetAndDestroy();
    else await endData(data, raw, faults.omitCloseNotify ?? false);
    return reply;
  } catch {
    return '426 The data connection broke.';
  }
}

async function endData(data: Socket | TLSSocket, raw: Socket, withoutCloseNotify: boolean): Promise<void> {
  if (data.destroyed) return;
  const late = setTimeout(() => raw.destroy(), CLOSE_DEADLINE_MS);
  const closed = once(data, 'close');
  data.resume();
  if (withoutCloseNotify) {
    // What was written has left TLS by then; the FIN comes from below.
    await new Promise<void>((resolve) => data.write('', () => resolve()));
    raw.end();
  } else {
    data.end();
  }
  await closed;
  clearTimeout(late);
}
