import type { Me } from '#contract';

export type RoleName = Me['role'];

/** From the least to the most; an auditor sees more than a viewer and changes nothing. */
export const ROLE_NAMES = ['viewer', 'auditor', 'operator', 'admin'] as const satisfies readonly RoleName[];

export const ROLE_MEANS: Readonly<Record<RoleName, string>> = {
  viewer: 'Sees what is exchanged and how it went. Changes nothing.',
  auditor: 'Sees all evidence: audit, users, keys, how the installation is set up. Changes nothing.',
  operator: 'Works the night: triggers, cancels, reruns, resolves, pauses, examines endpoints.',
  admin: 'Changes the configuration, secrets, users and keys, and does what operators do.',
};
