/** What can be wrong. The spec beside `test/e2e` plants each of them once. */
export const FINDING_KINDS = [
  // files
  'lost_file',
  'delivered_twice',
  'wrong_bytes',
  'row_unlike_disk',
  'delivered_without_file',
  'file_without_delivery',
  'source_gone_without_target',
  'source_not_disposed',
  'source_touched',
  'temporary_left',
  'wrong_place',
  'unknown_delivery',
  'foreign_file_touched',
  'not_as_expected',
  // attempts and their audit
  'attempt_open',
  'attempt_without_events',
  'published_without_intent',
  'disposed_before_delivered',
  'delivery_not_in_audit',
  'fence_backwards',
  'below_minimum',
  'negotiations_missing',
  'held_without_incident',
  'suppression_wrong',
  // runs
  'run_lost',
  'run_open',
  'run_finished_unsettled',
  'run_state_wrong',
  'run_without_event',
] as const;
export type FindingKind = (typeof FINDING_KINDS)[number];

export interface Finding {
  kind: FindingKind;
  route: string;
  /** A file's path on its endpoint, an attempt's or a run's id. */
  about: string;
  detail: string;
}

/** A file as somebody outside put it into the source, before the product began. */
export interface PlantedSource {
  /** Below the route's source path. */
  name: string;
  sizeBytes: number;
  sha256: string;
  /** Name that it must have at the destination; default: its own. */
  target?: string;
  /**
   * `delivered` (default); `held`: a person is asked, the target may be there or not; `failed`: recorded as failed
   * or cancelled, nothing at the target; `settled`: delivered, or recorded as held, failed or cancelled.
   */
  expect?: 'delivered' | 'held' | 'failed' | 'settled';
}

/** A place of a route: `path` is what the route says, found below `root` on this machine's disk. */
export interface CheckedPlace {
  root: string;
  path: string;
}

export interface CheckedRoute {
  name: string;
  source: CheckedPlace;
  destination: CheckedPlace & {
    /** Where a partner that takes files away at once puts them, on this machine's disk. */
    takenTo?: string;
  };
  files: readonly PlantedSource[];
  /** `archive`: path on the source endpoint. */
  disposition: 'keep' | 'delete' | { archive: string };
  /** What stood at the destination before, by its name below the destination path. */
  existing?: readonly { name: string; sha256: string }[];
}

export interface CheckInput {
  /** Of a role that may read; the checker asks for nothing else (the connection is read-only). */
  databaseUrl: string;
  routes: readonly CheckedRoute[];
  /** The runs that somebody was told exist; default: those in the table. A missing one is a finding. */
  runIds?: readonly string[];
}

/** Collects; the same thing about the same file is said once. */
export class Findings {
  readonly #found = new Map<string, Finding>();

  add(kind: FindingKind, route: string, about: string, detail: string): void {
    const key = `${kind}\u0000${route}\u0000${about}`;
    if (!this.#found.has(key)) this.#found.set(key, { kind, route, about, detail });
  }

  get all(): Finding[] {
    return [...this.#found.values()];
  }
}
