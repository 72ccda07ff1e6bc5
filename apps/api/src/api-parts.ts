import type { RunRecorder } from '#audit';
import type { Config } from '#config';
import type { ConfigurationService } from '#configuration';
import type { Egress } from '#egress';
import type { OidcSettings } from '#identity';
import type { DoorbellQueue } from '#queue';
import type { Store } from '#store';
import type { Health, Logger, Metrics, Tracer } from '#telemetry';
import type { DashboardFiles } from './dashboard/dashboard-files.ts';
import type { StreamLimits } from './events/event-streams.ts';

/** What the api is given; it opens nothing but its port. */
export interface ApiParts {
  config: Pick<
    Config,
    | 'home'
    | 'apiHost'
    | 'apiPort'
    | 'http'
    // Shown to who administers it.
    | 'mode'
    | 'redisUrl'
    | 'egress'
    | 'allowedLegacyPolicies'
    | 'fourEyes'
    | 'retention'
    | 'localRoots'
  > & {
    /** Of `<home>/api.key`; the owner alone where not said. */
    keys?: Pick<Config['keys'], 'readers'>;
  };
  /** Of event streams; STREAM_LIMITS where not said. */
  streams?: Partial<StreamLimits>;
  store: Store;
  /** The only writer of partners, endpoints and routes. */
  configuration: ConfigurationService;
  /** Which hosts a call-back may name. */
  egress: Pick<Egress, 'checkHost'>;
  queue: Pick<DoorbellQueue, 'ring'>;
  recorder: RunRecorder;
  log: Logger;
  metrics: Metrics;
  /** Default: no traces. */
  tracer?: Tracer | undefined;
  health: Health;
  /** Absent: persons sign in with a password. */
  oidc?: OidcSettings | undefined;
  /** Absent: there are no pages, only REST. */
  dashboard?: DashboardFiles | undefined;
}

/** Injection token of ApiParts. */
export const PARTS = Symbol('ApiParts');
