import type { ProbeObject } from '#contract';
import { readPath } from '../../forms/path.ts';

export type Finding = ProbeObject['findings'][number];

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

/** It is configured like this by now. */
export function isSetAlready(endpoint: object, { set = {} }: Finding): boolean {
  return Object.entries(set).every(
    ([path, value]) => JSON.stringify(readPath(endpoint, path)) === JSON.stringify(value),
  );
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
