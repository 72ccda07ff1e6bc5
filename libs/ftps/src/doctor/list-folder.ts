import type { CloseNotify } from '#domain';
import type { RefusedEntry } from '#protocol';
import type { Features } from '../features.ts';
import { type Dialect, ListingReader } from '../listing/listing-reader.ts';
import { isNotImplemented, isPositive, refusalCode, refused } from '../replies.ts';
import type { Reply } from '../reply-reader.ts';
import { firstListingCommand, type ListingCommand } from '../session-parts.ts';
import type { TrialRoutes } from './trial-routes.ts';
import type { Visit } from './visit.ts';

/** What was learnt about listings so far, and is used from then on. */
export interface ListingHabit {
  command: ListingCommand;
  mlsdRefused: boolean;
}

export function firstHabit(features: Features): ListingHabit {
  return { command: firstListingCommand(features), mlsdRefused: false };
}

export interface SeenListing {
  dialect: Dialect | undefined;
  entries: number;
  refused: readonly RefusedEntry[];
  closeNotify: CloseNotify;
  /** Its data connection resumed the TLS session. */
  resumed: boolean;
}

/** One listing, as the engine makes it: MLSD, else `LIST -a`, else LIST inside the folder. Rejects with a TransferError. */
export async function listFolder(
  visit: Visit,
  routes: TrialRoutes,
  path: string,
  habit: ListingHabit,
): Promise<SeenListing> {
  visit.control.phase = 'list';
  if (habit.command === 'MLSD') {
    const outcome = await list(visit, routes, 'MLSD', path, path);
    if ('seen' in outcome) return outcome.seen;
    if (!isNotImplemented(outcome.refusal)) throw listingRefused(outcome.refusal);
    Object.assign(habit, { command: 'LIST -a', mlsdRefused: true });
  }
  const entered = await visit.ask('CWD', path);
  if (!isPositive(entered)) throw refused(refusalCode(entered, 'path_not_found'), 'list', entered);
  if (habit.command === 'LIST -a') {
    const outcome = await list(visit, routes, 'LIST', '-a', path);
    // `-a` shows at least `.`; without a row it was taken for a name.
    if ('seen' in outcome && outcome.rows > 0) return outcome.seen;
    habit.command = 'LIST';
  }
  const outcome = await list(visit, routes, 'LIST', undefined, path);
  if ('seen' in outcome) return outcome.seen;
  throw listingRefused(outcome.refusal);
}

function listingRefused(reply: Reply) {
  return refused(refusalCode(reply, 'permission_denied'), 'list', reply);
}

async function list(
  visit: Visit,
  routes: TrialRoutes,
  verb: 'MLSD' | 'LIST',
  argument: string | undefined,
  path: string,
): Promise<{ seen: SeenListing; rows: number } | { refusal: Reply }> {
  const { encoding } = visit.around.endpoint;
  const reader = new ListingReader(path, encoding, verb === 'MLSD' ? 'mlsd' : undefined);
  const begun = await visit.tryTransfer(routes, {
    verb,
    argument,
    tapped: true,
    fallback: 'permission_denied',
  });
  if ('refusal' in begun) return begun;
  const { transfer } = begun;
  await transfer.receive((chunk) => reader.push(chunk));
  const { entries, refused: left } = reader.finish();
  return {
    rows: reader.rowCount,
    seen: {
      dialect: reader.dialect,
      entries: entries.length,
      refused: left,
      closeNotify: transfer.data.closeNotify,
      resumed: transfer.data.resumed,
    },
  };
}

/** PWD (RFC 959 appendix II): quotes within the name are doubled. `/` where the server does not say. */
export async function loginFolder(visit: Visit): Promise<string> {
  const reply = await visit.ask('PWD');
  const quoted = /^257 "((?:[^"]|"")*)"/.exec(reply.lines.at(-1) ?? '')?.[1];
  const path = quoted?.replaceAll('""', '"');
  return path?.startsWith('/') ? path : '/';
}
