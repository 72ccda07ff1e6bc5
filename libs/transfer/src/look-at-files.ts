import { type LookedFile, type LookResult, type Selection, TransferError } from '#domain';
import type { RemoteSession } from '#protocol';
import { MOST_SHOWN, type Refusal } from './left-out.ts';
import { globTakesLong } from './match-glob.ts';
import { askFor } from './named-files.ts';
import { observeFiles } from './observe-files.ts';

/** Somebody waits for the answer, with a session in hand that a run may need. */
const MOST_SETTLE_MS = 10_000;
/** Who chooses patterns wants to see what they leave out, however much they match. */
const LEFT_SHOWN = 100;
/** A row of a listing may be as long as a server likes. */
const MOST_CHARACTERS = 1_000;

/** What a run would find now, by the run's own code; nothing is moved, and nothing of it is written anywhere. */
export async function lookAtFiles(
  source: RemoteSession,
  selection: Selection,
  signal: AbortSignal,
): Promise<LookResult> {
  demandQuickGlobs(selection);
  const settleMs = Math.min(selection.settleMs, MOST_SETTLE_MS);
  const found = await observeFiles(source, { ...selection, settleMs }, askFor(undefined), signal);
  const leftOut = { ...found.left.counts };
  for (const { why } of found.refused) leftOut[why] = (leftOut[why] ?? 0) + 1;
  const left = Object.values(leftOut).reduce((sum, count) => sum + count, 0);
  const matched = found.files.length;
  const leftShown = Math.min(left, Math.max(MOST_SHOWN - matched, LEFT_SHOWN));
  // What the route means and cannot have comes before what it does not mean.
  const others = [...found.refused.map(toLooked), ...found.left.shown].slice(0, leftShown);
  const matching = found.files
    .toSorted(byPath)
    .slice(0, MOST_SHOWN - others.length)
    .map(({ path, sizeBytes, modified }) => ({ path, sizeBytes, modified, why: null, says: null }));
  return {
    files: [...matching, ...others].map(cut).sort(byPath),
    seen: matched + left,
    matched,
    leftOut,
  };
}

/** A route is an admin's; with a look, whoever operates one partner's endpoint has a pattern of his own meet names of his own. */
function demandQuickGlobs({ select, exclude }: Selection): void {
  const slow = [...select, ...exclude].find(globTakesLong);
  if (slow === undefined) return;
  throw new TransferError('invalid_configuration', {
    phase: 'list',
    detail: `The pattern ${slow} may take too long for a look: groups, or more than three \`*\` beside ranges. Say it as \`regex\`.`,
  });
}

function toLooked({ path, sizeBytes, modified, why, reason }: Refusal): LookedFile {
  return { path, sizeBytes, modified, why, says: reason };
}

function cut(file: LookedFile): LookedFile {
  const { path, modified, says } = file;
  return {
    ...file,
    path: cutText(path),
    modified: modified && cutText(modified),
    says: says && cutText(says),
  };
}

function cutText(text: string): string {
  return text.length <= MOST_CHARACTERS ? text : `${text.slice(0, MOST_CHARACTERS).toWellFormed()}…`;
}

function byPath(one: { path: string }, other: { path: string }): number {
  return one.path < other.path ? -1 : one.path > other.path ? 1 : 0;
}
