import type { AnswerOf, Incident, PostureObject } from '#contract';
import type { Tone } from '../../ui/state-badge.tsx';

export type Endpoint = AnswerOf<'getEndpoint'>;

/** `ftps://ftp.acme.example:990`, `/srv/inbox`: where it is, in one line. */
export function placeOf(endpoint: Endpoint): string {
  if (endpoint.protocol === 'local') return endpoint.root;
  const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host;
  return `${host}:${endpoint.port}`;
}

export function protocolOf(endpoint: Endpoint): string {
  if (endpoint.protocol === 'local') return 'Local directory';
  if (endpoint.protocol === 'ftp') return 'FTP without TLS';
  return endpoint.mode === 'implicit' ? 'FTPS, implicit' : 'FTPS';
}

export interface Standing {
  tone: Tone;
  says:
    | 'paused'
    | 'login refused'
    | 'credentials cleared'
    | 'certificate expired'
    | 'key not pinned'
    | 'no connection yet'
    | 'ready';
}

/** What a person has to know first. */
export function standingOf(
  endpoint: Endpoint,
  incidents: readonly Incident[],
  posture: PostureObject | undefined,
): Standing {
  if (endpoint.paused) return { tone: 'warn', says: 'paused' };
  if (incidents.some(({ kind, endpoint: name }) => kind === 'login_refused' && name === endpoint.name))
    return { tone: 'bad', says: 'login refused' };
  if (endpoint.protocol !== 'local' && endpoint.password.cleared)
    return { tone: 'bad', says: 'credentials cleared' };
  const [shown] = posture?.certificates ?? [];
  if (shown && (shown.daysLeft ?? 0) < 0) return { tone: 'bad', says: 'certificate expired' };
  if (shown && endpoint.protocol === 'ftps' && endpoint.tls.pins.length > 0 && !shown.pinned)
    return { tone: 'bad', says: 'key not pinned' };
  if (posture && posture.connections.total === 0 && posture.doctor === null)
    return { tone: 'idle', says: 'no connection yet' };
  return { tone: 'good', says: 'ready' };
}
