import type { ConfigurationNoun } from '#contract';

/** Whom we trust, where we connect to, and as whom. Everything of TLS but the reuse of its sessions is trust. */
const TRUST = [
  ...['partner', 'protocol', 'mode', 'host', 'port', 'root', 'virtualHost', 'proxy'],
  ...['username', 'password', 'account'],
  ...['passive.addressPolicy', 'passive.advertisedNetworks', 'active'],
  'tls',
];
const NO_TRUST = new Set(['tls.sessionReuse']);

/**
 * Whether four eyes are needed where they are the policy. A new endpoint is nothing but hosts, pins and credentials; what is
 * deleted can do no harm.
 */
export function needsSecondPerson(change: {
  kind: 'create' | 'change' | 'delete';
  noun: ConfigurationNoun;
  fields: readonly { path: string }[];
}): boolean {
  if (change.noun !== 'endpoint' || change.kind === 'delete') return false;
  return change.kind === 'create' || change.fields.some(({ path }) => isTrust(path));
}

function isTrust(path: string): boolean {
  return !NO_TRUST.has(path) && TRUST.some((field) => path === field || path.startsWith(`${field}.`));
}
