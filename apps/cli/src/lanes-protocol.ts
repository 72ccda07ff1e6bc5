// Between `waybill start` and the process of its lanes, over the channel that Node opens between parent and child.

/** What the child cannot know from its environment. */
export interface LanesOrder {
  home: string;
  port: number;
  demo: boolean;
  /** Of the app role. Said here and not in an argument, which everybody on the machine could read. */
  databaseUrl: string;
}

export type LanesQuestion =
  /** Whether it can answer at all. */
  | { about: 'life' }
  /** What is wrong: a sentence, or nothing. */
  | { about: 'health' }
  /** A `MetricsSnapshot`. */
  | { about: 'metrics' }
  /** Whether the stored secret has this value. */
  | { about: 'secret'; name: string; value: string };

export type ToLanes =
  | { say: 'prepare'; order: LanesOrder }
  /** Take work. */
  | { say: 'begin' }
  | { say: 'drain' }
  | { say: 'question'; id: number; question: LanesQuestion };

export type FromLanes =
  /** Secrets can be opened; nothing is claimed yet. */
  | { say: 'prepared' }
  | { say: 'running' }
  | { say: 'answer'; id: number; answer: unknown }
  | { say: 'answer'; id: number; problem: string };
