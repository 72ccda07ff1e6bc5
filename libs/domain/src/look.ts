import { PROBE_STATES } from './probe.ts';

/** Both are asked for by a person and carried out by a worker. */
export const LOOK_STATES = PROBE_STATES;
export type LookState = (typeof LOOK_STATES)[number];

/** Why an entry of a listing is not among the files of a run. */
export const LEFT_REASONS = [
  'not_selected',
  'excluded',
  /** Not looked into: the route does not recurse, or not as deep. */
  'directory',
  'not_a_file',
  /** Our own, of a transfer under way. */
  'temporary',
  /** It has the form of a marker, which is nobody's source. */
  'marker',
  'no_marker',
  'not_settled',
  'no_size',
  'listed_twice',
  /** A row of the listing that cannot be represented safely. */
  'name_refused',
] as const;
export type LeftReason = (typeof LEFT_REASONS)[number];

/** One entry of a folder, as a look tells it. */
export interface LookedFile {
  path: string;
  sizeBytes: bigint | null;
  /** The server's own text; null for a row that could not be read. */
  modified: string | null;
  /** null: it matches. */
  why: LeftReason | null;
  /** In words, where they say more than `why`. */
  says: string | null;
}

/** What a route would find, without any of it being moved. */
export interface LookResult {
  /** The first of those that match and of those that do not, by path. */
  files: LookedFile[];
  seen: number;
  matched: number;
  leftOut: Partial<Record<LeftReason, number>>;
}
