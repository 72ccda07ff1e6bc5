import { createHash, randomBytes } from 'node:crypto';
import type { TransferError } from '#domain';
import { hashFile } from '../file-commands.ts';
import { hashCommands } from '../hash-commands.ts';
import { isPositive, refusalCode, refused } from '../replies.ts';
import { instantOf, readModified, readSize } from '../reply-values.ts';
import type { Litter } from './litter.ts';
import type { TrialRoutes } from './trial-routes.ts';
import type { Visit } from './visit.ts';

/** Long enough for an early reply to be seen, short enough for nobody to wait. */
const EARLY_REPLY_MS = 150;
const TRIAL_BYTES = 64 * 1024;

/** Says in the first line what it is, to whoever finds it. */
export function trialContent(sizeBytes = TRIAL_BYTES): Buffer {
  const says = Buffer.from(
    'A trial file of `waybill doctor`. It should have been removed; it may be deleted.\n',
  );
  return Buffer.concat([says, randomBytes(Math.max(1, sizeBytes - says.length))]);
}

export interface Written {
  /** The server had confirmed it before we ended it. */
  confirmedEarly: boolean;
  /** Our clock when it was complete. */
  at: Date;
}

/** STOR; `watch`: with a pause in the middle, for replies that come too early. Rejects with a TransferError; the path is litter unless the server refused at once. */
export async function writeTrial(
  visit: Visit,
  routes: TrialRoutes,
  path: string,
  content: Buffer,
  litter: Litter,
  { watch = false } = {},
): Promise<Written> {
  visit.control.phase = 'open';
  const begun = await visit.tryTransfer(routes, {
    verb: 'STOR',
    argument: path,
    tapped: false,
    fallback: 'permission_denied',
  });
  if ('refusal' in begun) {
    litter.forget(path);
    throw refused(refusalCode(begun.refusal, 'permission_denied'), 'open', begun.refusal);
  }
  const { transfer } = begun;
  const { data } = transfer;
  visit.control.phase = 'stream';
  try {
    data.drain();
    const half = content.length >> 1;
    await data.send(content.subarray(0, half));
    const before = visit.repliesSeen;
    if (watch) await pause(EARLY_REPLY_MS);
    const confirmedEarly = visit.repliesSeen > before;
    await data.send(content.subarray(half));
    data.end();
    await transfer.confirm();
    litter.exists(path);
    return { confirmedEarly, at: new Date() };
  } catch (error) {
    throw await transfer.explain(error);
  }
}

/** RETR from `offset` on. */
export async function readTrial(
  visit: Visit,
  routes: TrialRoutes,
  path: string,
  offset = 0,
): Promise<Buffer | 'no_restart'> {
  visit.control.phase = 'stream';
  const begun = await visit.tryTransfer(routes, {
    verb: 'RETR',
    argument: path,
    tapped: false,
    fallback: 'file_unavailable',
    ...(offset > 0 ? { restartAt: BigInt(offset) } : {}),
  });
  if ('refusal' in begun) {
    if (offset > 0) return 'no_restart';
    throw refused(refusalCode(begun.refusal, 'file_unavailable'), 'stream', begun.refusal);
  }
  const { transfer } = begun;
  const chunks: Buffer[] = [];
  // A copy: the buffer is used again.
  await transfer.receive((chunk) => void chunks.push(Buffer.from(chunk)));
  return Buffer.concat(chunks);
}

/** null where the server does not say. */
export async function statedSize(visit: Visit, path: string): Promise<bigint | null> {
  const reply = await visit.ask('SIZE', path);
  return reply.code === 213 ? readSize(reply) : null;
}

/** The server's clock minus ours; null where it states no time. */
export async function clockSkew(visit: Visit, path: string, writtenAt: Date): Promise<number | null> {
  const reply = await visit.ask('MDTM', path);
  if (reply.code !== 213) return null;
  const text = readModified(reply);
  const instant = instantOf(text);
  if (!instant) return null;
  // Most servers cut to whole seconds.
  const ours = text.includes('.') ? writtenAt.getTime() : Math.floor(writtenAt.getTime() / 1000) * 1000;
  return instant.getTime() - ours;
}

/** Whether the server's own SHA-256 is the right one; null where it cannot. */
export async function hashMatches(visit: Visit, path: string, content: Buffer): Promise<boolean | null> {
  const { control, features } = visit;
  if (!hashCommands(features).has('sha256')) return null;
  control.phase = 'verify';
  const hex = await hashFile({ control, features, deadlines: visit.around.deadlines }, path, 'sha256');
  return hex === createHash('sha256').update(content).digest('hex');
}

/** RNFR, RNTO. The refusal where the server says no. */
export async function renameTrial(
  visit: Visit,
  from: string,
  to: string,
): Promise<TransferError | undefined> {
  visit.control.phase = 'publish';
  const source = await visit.ask('RNFR', from);
  if (source.code !== 350) return refused(refusalCode(source, 'rename_failed'), 'publish', source);
  const target = await visit.ask('RNTO', to);
  return isPositive(target) ? undefined : refused(refusalCode(target, 'rename_failed'), 'publish', target);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
