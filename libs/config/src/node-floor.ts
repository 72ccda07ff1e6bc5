/**
 * Older releases resume TLS sessions under another host's identity (CVE-2026-48934, CVE-2026-58040), and releases
 * before 26 have no Temporal, on which the schedules stand.
 */
const FLOOR = { major: 26, minor: 5, patch: 1 } as const;

/** A sentence for the operator when this Node must not run Waybill; undefined when it may. */
export function nodeVersionProblem(version: string): string | undefined {
  const [major = 0, minor = 0, patch = 0] = version.replace(/^v/, '').split('.').map(Number);
  const order = major - FLOOR.major || minor - FLOOR.minor || patch - FLOOR.patch;
  if (order >= 0) return undefined;
  return `Node ${version} is too old for safe TLS session reuse. Use 26.5.1 or newer; \`npm start\` brings the right one.`;
}
