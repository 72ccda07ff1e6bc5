import type { LeftReason, LookedFile } from '#domain';
import type { DirectoryEntry, RefusedEntry } from '#protocol';

/** So much of a folder is shown to a person; counted is all of it. */
export const MOST_SHOWN = 500;

/** What a run passes by without a word: other people's files, folders, markers. */
export class LeftOut {
  readonly counts: Partial<Record<LeftReason, number>> = {};
  /** The first of them. */
  readonly shown: LookedFile[] = [];

  add({ path, sizeBytes, modified }: DirectoryEntry, why: LeftReason, says: string | null = null): void {
    this.counts[why] = (this.counts[why] ?? 0) + 1;
    if (this.shown.length < MOST_SHOWN) this.shown.push({ path, sizeBytes, modified, why, says });
  }
}

/** What the route means and a run cannot take now: recorded with the run, by its name alone. */
export interface Refusal extends RefusedEntry {
  why: LeftReason;
  path: string;
  sizeBytes: bigint | null;
  modified: string | null;
}

export function refuse(
  { name, path, sizeBytes, modified }: DirectoryEntry,
  why: LeftReason,
  reason: string,
): Refusal {
  return { shown: name, reason, why, path, sizeBytes, modified };
}
