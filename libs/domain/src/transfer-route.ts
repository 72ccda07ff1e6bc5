import type { RouteParameter } from './route-parameter.ts';
import type { AssuranceLevel } from './transfer.ts';

export type OnExisting = 'refuse' | 'overwrite' | 'version';
export type SourceDisposition = 'keep' | 'delete' | 'archive';
export type OnAmbiguous = 'hold' | 'resend' | 'assume_delivered';

/** How often and how patiently a failed transfer is tried again. */
export interface RetryPolicy {
  maxAttempts: number;
  firstDelayMs: number;
  factor: number;
  maxDelayMs: number;
  /** Share of the delay that is random, 0..1. */
  jitter: number;
}

/** The part of a route that says which files of the source are meant. */
export interface Selection {
  endpoint: string;
  /** Absolute directory on the endpoint. */
  path: string;
  /** Globs on the file name, or on the path below `path` when recursive. */
  select: string[];
  exclude: string[];
  recursive: boolean;
  /** A file counts as complete when two observations this far apart agree; 0 trusts the first. */
  settleMs: number;
  /** Regular expression on the same text as the globs, which it replaces; linear in time whatever it says. */
  regex?: string | undefined;
  /** Template of the name whose presence says that the file is complete, e.g. `{name}.done`. */
  marker?: string | undefined;
}

export interface Placement {
  endpoint: string;
  path: string;
  /** Template of the destination name; `{name}` is the source name. */
  name: string;
  onExisting: OnExisting;
  /** The delivered file gets the source's modification time, where both servers can state it. Default: false. */
  keepModified?: boolean | undefined;
}

/** Source endpoint + path + selection -> destination endpoint + path, and the policies. UI word: "route". */
export interface TransferRoute {
  name: string;
  /** By name; `{param.NAME}` stands in `source.path`, `select`, `exclude`, `destination.path` and `destination.name`. */
  parameters?: Readonly<Record<string, RouteParameter>> | undefined;
  source: Selection;
  destination: Placement;
  verify: { minimum: AssuranceLevel };
  afterDelivery: { source: SourceDisposition; to?: string | undefined };
  onAmbiguous: OnAmbiguous;
  retry: RetryPolicy;
  /** A broken file goes on where it ended; only with `verify.minimum` read_back or better. */
  resume: boolean;
  lanes: number;
  /** 1 (first) .. 9 (last). */
  priority: number;
  schedule?: ScheduleDefinition | undefined;
  /** Transfers begin only within it; what is under way when it closes comes to its end. */
  window?: TransferWindow | undefined;
  /** Only workers that carry this tag take the route's runs. */
  workerTag?: string | undefined;
  enabled: boolean;
}

/** A part of each day, `HH:MM` to `HH:MM` on the clock of an IANA zone; over midnight where `to` is earlier. */
export interface TransferWindow {
  from: string;
  to: string;
  timezone: string;
}

export type OnHoliday = 'skip' | 'next_open' | 'previous_open';
export type MisfirePolicy = 'run_once' | 'run_all' | 'skip';
export type OverlapPolicy = 'skip' | 'queue_one' | 'parallel';

/** When a route fires. */
export interface ScheduleDefinition {
  /** Five fields: minute hour day-of-month month day-of-week. */
  cron: string;
  /** IANA zone. */
  timezone: string;
  calendar?: string | undefined;
  onHoliday: OnHoliday;
  misfire: MisfirePolicy;
  overlap: OverlapPolicy;
}
