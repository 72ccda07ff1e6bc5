import type { TlsVersion } from './endpoint.ts';

/** How one finding of the doctor counts: `note` is worth knowing, `warning` worth acting on, `failed` stops transfers. */
export const FINDING_OUTCOMES = ['ok', 'note', 'warning', 'failed'] as const;
export type FindingOutcome = (typeof FINDING_OUTCOMES)[number];

/** A value of the configuration as a file would hold it. */
export type SettingValue = string | number | boolean | string[];

/** One thing the doctor saw at an endpoint, in words for the operator. */
export interface Finding {
  /** `dns`, `tcp`, `banner`, `certificate`, ... */
  step: string;
  outcome: FindingOutcome;
  /** One or two plain sentences. */
  says: string;
  /** What to set at this endpoint: path in the configuration -> value. */
  set?: Record<string, SettingValue> | undefined;
  /** How long it took to find out. */
  ms: number;
}

/**
 * What an endpoint can do, as the doctor saw it; null where that was not examined.
 * Names of ciphers are OpenSSL's, in the order in which the server prefers them.
 */
export interface CapabilityProfile {
  /** ISO 8601, UTC. */
  probedAt: string;
  tlsVersions: TlsVersion[];
  ciphers: string[];
  /** Of TLS sessions on data connections: `demanded`, `offered` (resumes, but does not insist), `never`. */
  sessionReuse: 'demanded' | 'offered' | 'never' | null;
  epsv: boolean | null;
  /** What PASV states: the address of the control connection, another one, or no address at all. */
  passive: 'same_address' | 'other_address' | 'refused' | null;
  listing: 'mlsd' | 'list' | null;
  /** Of LIST rows; null where the folder had none, or where MLSD needs none. */
  dialect: string | null;
  /** Algorithms the server announces to hash with, e.g. `SHA-256`. */
  hashes: string[];
  /** REST: a download that began in the middle brought the right bytes (true), or REST is only announced (null). */
  restart: boolean | null;
  renameReplaces: boolean | null;
  /** Commands sent ahead of the reply before are answered in order, during transfers too. */
  pipelining: boolean | null;
  /** The server's clock minus ours. */
  clockSkewMs: number | null;
}

export const PROBE_STATES = ['queued', 'running', 'done', 'failed'] as const;
export type ProbeState = (typeof PROBE_STATES)[number];

export function isFinishedProbe(state: ProbeState): boolean {
  return state === 'done' || state === 'failed';
}
