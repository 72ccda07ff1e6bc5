import type { ProbeObject } from '#contract';
import type { Tone } from '../../ui/state-badge.tsx';

export type Finding = ProbeObject['findings'][number];

export const FINDING_TONES: Readonly<Record<Finding['outcome'], Tone>> = {
  ok: 'good',
  note: 'idle',
  warning: 'warn',
  failed: 'bad',
};

/** Taken over unseen, these would let somebody else pass for the partner, or a cut listing for a whole one. */
const TO_CONFIRM = ['tls.pins', 'tls.serverName', 'passive.advertisedNetworks', 'tls.closeNotify'];

/** Of the settings of some findings: which a partner has to confirm first. */
export function settingsToConfirm(findings: readonly Finding[]): string[] {
  const paths = new Set(findings.flatMap(({ set }) => Object.keys(set ?? {})));
  return TO_CONFIRM.filter((path) => paths.has(path));
}

/** What findings want to be set, by path; a later one wins. */
export function settingsOf(findings: readonly Finding[]): Record<string, unknown> {
  return Object.assign({}, ...findings.map(({ set }) => set ?? {})) as Record<string, unknown>;
}

export type FindingCounts = Record<Finding['outcome'], number>;

export function countFindings(findings: readonly Finding[]): FindingCounts {
  const counts: FindingCounts = { ok: 0, note: 0, warning: 0, failed: 0 };
  for (const { outcome } of findings) counts[outcome]++;
  return counts;
}

/** `tls_versions` -> `TLS versions`. */
export function stepTitle(step: string): string {
  const known: Record<string, string> = {
    dns: 'DNS',
    tcp: 'TCP',
    tls: 'TLS',
    tls_versions: 'TLS versions',
    tls_ciphers: 'TLS ciphers',
    epsv: 'EPSV',
    pasv: 'PASV',
  };
  const words = step.replaceAll('_', ' ');
  return known[step] ?? words.charAt(0).toUpperCase() + words.slice(1);
}
