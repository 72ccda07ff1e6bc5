import type { RunRecorder } from '#audit';
import type { Config } from '#config';
import type { DoorbellQueue } from '#queue';
import type { Store } from '#store';
import type { Health, Logger, Metrics } from '#telemetry';

/** What the api is given; it opens nothing but its port. */
export interface ApiParts {
  config: Pick<Config, 'home' | 'apiHost' | 'apiPort'>;
  store: Store;
  queue: Pick<DoorbellQueue, 'ring'>;
  recorder: RunRecorder;
  log: Logger;
  metrics: Metrics;
  health: Health;
}

/** Injection token of ApiParts. */
export const PARTS = Symbol('ApiParts');
