import { TransferError } from '#domain';
import type { DirectoryEntry, Listing } from '#protocol';
import type { DataChannel } from './data-channel.ts';
import { directoryExists } from './file-commands.ts';
import { ListingReader } from './listing/listing-reader.ts';
import { printable } from './printable.ts';
import { ProtocolViolation } from './protocol-violation.ts';
import { isNotImplemented, refusalCode, refused } from './replies.ts';
import type { Reply } from './reply-reader.ts';
import { readModified } from './reply-values.ts';
import type { SessionParts } from './session-parts.ts';

/** How many files are asked about in one round trip, where the server keeps in step. */
const QUESTIONS_AHEAD = 64;

/** MLSD where the server has it, else LIST. A directory that does not exist is never an empty listing. */
export async function listDirectory(parts: SessionParts, path: string): Promise<Listing> {
  if (parts.listing.command === 'MLSD') {
    const outcome = await runListing(parts, 'MLSD', path, path);
    if (!('refusal' in outcome)) {
      // Some servers answer a missing directory with 226 and nothing, not even the directory itself.
      if (outcome.reader.rowCount === 0) await demandDirectory(parts, path);
      return outcome.reader.finish();
    }
    if (!isNotImplemented(outcome.refusal)) throw await refusedListing(parts, path, outcome.refusal);
    parts.control.note('MLSD is not understood: LIST from here on');
    parts.listing.command = 'LIST -a';
  }
  return listByList(parts, path);
}

/**
 * LIST takes patterns and options on many servers, and vsftpd lists a missing directory as an empty one: so the
 * directory is entered first and listed without naming it. All other commands use absolute paths.
 */
async function listByList(parts: SessionParts, path: string): Promise<Listing> {
  await demandDirectory(parts, path);
  let outcome = await runListing(parts, 'LIST', parts.listing.command === 'LIST -a' ? '-a' : undefined, path);
  if (parts.listing.command === 'LIST -a' && ('refusal' in outcome || outcome.reader.rowCount === 0)) {
    // `-a` shows at least `.`; without a row it was taken for a name.
    parts.listing.command = 'LIST';
    outcome = await runListing(parts, 'LIST', undefined, path);
  }
  if ('refusal' in outcome) {
    // "No files found": the directory itself was just entered.
    if (outcome.refusal.code === 450) return { entries: [], refused: [] };
    throw refused(refusalCode(outcome.refusal, 'permission_denied'), parts.control.phase, outcome.refusal);
  }
  const listing = outcome.reader.finish();
  parts.listing.dialect ??= outcome.reader.dialect;
  await replaceTimes(parts, listing);
  return listing;
}

async function runListing(
  parts: SessionParts,
  verb: 'MLSD' | 'LIST',
  argument: string | undefined,
  path: string,
): Promise<{ reader: ListingReader } | { refusal: Reply }> {
  const dialect = verb === 'MLSD' ? 'mlsd' : parts.listing.dialect;
  const reader = new ListingReader(path, parts.endpoint.encoding, dialect);
  // A listing states no size: only close_notify proves that it is whole.
  const begun = await parts.transfers.begin({ verb, argument, tapped: true, fallback: 'permission_denied' });
  if ('refusal' in begun) return begun;
  const { transfer } = begun;
  await transfer.receive((chunk) => reader.push(chunk));
  if (!isWhole(parts, transfer.data))
    throw new TransferError('tls_truncated', {
      phase: parts.control.phase,
      detail: 'the listing ended without close_notify',
    });
  return { reader };
}

/** In clear nothing proves an end; with the waiver of the endpoint the server's 226 has to do. */
function isWhole({ control, endpoint }: SessionParts, data: DataChannel): boolean {
  if (data.closeNotify === 'seen' || data.inClear) return true;
  if (endpoint.tls.closeNotify !== 'waived') return false;
  control.note('the listing ended without close_notify: accepted, as `tls.closeNotify` says');
  return true;
}

/** LIST times are local, to the minute, and say nothing on change; MDTM is what `stat` will say too. */
async function replaceTimes(parts: SessionParts, listing: Listing): Promise<void> {
  if (!parts.features.has('MDTM')) return;
  const files = listing.entries.filter(({ kind }) => kind === 'file');
  const untimed = new Set<DirectoryEntry>();
  const atOnce = parts.endpoint.pipelining ? QUESTIONS_AHEAD : 1;
  for (let start = 0; start < files.length; start += atOnce) {
    const asked = files.slice(start, start + atOnce).map((entry, index) => ({
      entry,
      exchange: parts.control.send('MDTM', entry.path, { ahead: index > 0 }),
    }));
    for (const { entry, exchange } of asked) {
      const reply = await exchange.final(parts.deadlines.replyMs);
      if (reply.code !== 213) continue;
      try {
        entry.modified = readModified(reply);
      } catch (error) {
        if (!(error instanceof ProtocolViolation)) throw error;
        // One bad row does not stop the others, here as in the listing itself.
        untimed.add(entry);
        listing.refused.push({
          shown: printable(entry.name, 300),
          reason: 'modification time is not a time',
        });
      }
    }
  }
  if (untimed.size > 0) listing.entries = listing.entries.filter((entry) => !untimed.has(entry));
}

async function demandDirectory(parts: SessionParts, path: string): Promise<void> {
  const answer = await directoryExists(parts, path);
  if (!answer.exists) throw refused('path_not_found', parts.control.phase, answer.reply);
}

async function refusedListing(parts: SessionParts, path: string, reply: Reply): Promise<TransferError> {
  const { phase } = parts.control;
  if (reply.code === 550 || reply.code === 450) {
    const { exists } = await directoryExists(parts, path);
    if (!exists) return refused('path_not_found', phase, reply);
  }
  return refused(refusalCode(reply, 'permission_denied'), phase, reply);
}
