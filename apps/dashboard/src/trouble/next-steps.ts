import type { ErrorObject } from '#contract';

type Code = ErrorObject['code'];
type Phase = NonNullable<ErrorObject['phase']>;

/** One way to what a person has to do or look at. */
export type NextStep =
  | { kind: 'doctor' | 'trust' | 'endpoint' | 'endpoint_form'; endpoint: string }
  | { kind: 'route_form'; route: string }
  | { kind: 'secrets' | 'transcript' | 'resolve' };

/** Where something went wrong. */
export interface Place {
  route?: string | undefined;
  /** Names of the ends; undefined where they are not known. */
  source?: string | undefined;
  destination?: string | undefined;
  /** Of these, the servers: nothing examines a folder of our own. */
  servers: readonly string[];
  /** The one whose connection was refused, where that is on record. */
  suspect?: string | undefined;
}

type Wish = NextStep['kind'];

/** In the order in which a person at night would try them; what is left out goes on by itself, or by a rerun. */
const WISHES: Readonly<Partial<Record<Code, readonly Wish[]>>> = {
  dns_not_found: ['doctor', 'endpoint_form'],
  egress_refused: ['endpoint_form'],
  connect_refused: ['doctor', 'endpoint_form'],
  connect_timeout: ['doctor', 'endpoint_form'],
  connection_lost: ['doctor', 'transcript'],
  reply_timeout: ['doctor', 'transcript'],
  protocol_violation: ['transcript', 'doctor', 'endpoint_form'],
  tls_not_offered: ['doctor', 'endpoint_form'],
  tls_handshake_failed: ['doctor', 'endpoint_form'],
  tls_untrusted_certificate: ['trust', 'doctor', 'endpoint_form'],
  tls_certificate_expired: ['trust', 'doctor'],
  tls_name_mismatch: ['trust', 'doctor', 'endpoint_form'],
  tls_pin_mismatch: ['trust', 'doctor'],
  tls_client_certificate_refused: ['doctor', 'endpoint_form'],
  tls_private_data_refused: ['doctor', 'endpoint_form'],
  tls_data_channel_refused: ['doctor', 'transcript'],
  tls_session_not_reused: ['doctor', 'endpoint_form'],
  tls_truncated: ['doctor', 'transcript'],
  auth_rejected: ['doctor', 'secrets', 'endpoint_form'],
  login_paused: ['doctor', 'secrets', 'endpoint_form'],
  server_busy: ['endpoint_form'],
  permission_denied: ['route_form', 'transcript', 'doctor'],
  path_not_found: ['route_form', 'transcript'],
  file_unavailable: ['transcript', 'doctor'],
  remote_busy: ['transcript'],
  disk_full: ['endpoint'],
  path_outside_root: ['route_form', 'endpoint'],
  size_mismatch: ['transcript', 'doctor'],
  checksum_mismatch: ['transcript', 'doctor'],
  assurance_too_low: ['route_form', 'doctor'],
  destination_exists: ['route_form'],
  rename_failed: ['transcript', 'doctor'],
  delivery_in_doubt: ['resolve', 'transcript'],
  secret_unavailable: ['secrets', 'endpoint_form'],
  invalid_configuration: ['route_form', 'endpoint_form'],
};

const SOURCE_PHASES: ReadonlySet<Phase> = new Set(['list', 'open', 'dispose']);
const DESTINATION_PHASES: ReadonlySet<Phase> = new Set(['verify', 'publish']);
const SOURCE_CODES: ReadonlySet<Code> = new Set(['source_changed', 'source_gone']);
const DESTINATION_CODES: ReadonlySet<Code> = new Set([
  'disk_full',
  'destination_exists',
  'assurance_too_low',
  'rename_failed',
  'delivery_in_doubt',
]);

/** The ends it may have to do with: one where the code or the phase tells, both otherwise. */
export function endsConcerned({ code, phase }: Pick<ErrorObject, 'code' | 'phase'>, place: Place): string[] {
  const { source, destination, servers, suspect } = place;
  if (suspect !== undefined) return [suspect];
  const known = (...names: (string | undefined)[]) => [
    ...new Set(names.filter((name): name is string => name !== undefined)),
  ];
  if (SOURCE_CODES.has(code)) return known(source);
  if (DESTINATION_CODES.has(code)) return known(destination);
  if (phase !== null && SOURCE_PHASES.has(phase)) return known(source);
  if (phase !== null && DESTINATION_PHASES.has(phase)) return known(destination);
  const both = known(source, destination);
  // A folder of our own neither refuses a login nor drops a connection.
  const remote = both.filter((name) => servers.includes(name));
  return remote.length > 0 ? remote : both;
}

/** What to do next about an error, the most helpful first. */
export function nextSteps(error: Pick<ErrorObject, 'code' | 'phase'>, place: Place): NextStep[] {
  const ends = endsConcerned(error, place);
  // A newer api may know more codes.
  return (WISHES[error.code] ?? []).flatMap((wish): NextStep[] => {
    switch (wish) {
      case 'doctor':
      case 'trust':
        return ends
          .filter((endpoint) => place.servers.includes(endpoint))
          .map((endpoint) => ({ kind: wish, endpoint }));
      case 'endpoint':
      case 'endpoint_form':
        return ends.map((endpoint) => ({ kind: wish, endpoint }));
      case 'route_form':
        return place.route === undefined ? [] : [{ kind: wish, route: place.route }];
      default:
        return [{ kind: wish }];
    }
  });
}

const PHASE_WORDS: Readonly<Record<Phase, string>> = {
  connect: 'connecting',
  negotiate: 'starting TLS',
  authenticate: 'logging in',
  list: 'listing the source',
  open: 'opening the file',
  stream: 'moving the bytes',
  verify: 'verifying what arrived',
  publish: 'giving it its final name',
  dispose: 'disposing of the source',
};

/** `while logging in`. */
export function phaseInWords(phase: Phase): string {
  return PHASE_WORDS[phase] ?? phase;
}
