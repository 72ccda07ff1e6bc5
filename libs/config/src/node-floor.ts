/** Older releases resume TLS sessions under another host's identity (CVE-2026-48934, CVE-2026-58040). */
const FLOORS: Readonly<Record<number, readonly [number, number]>> = { 24: [18, 1], 26: [5, 1] };

/** A sentence for the operator when this Node must not run Waybill; undefined when it may. */
export function nodeVersionProblem(version: string): string | undefined {
  const [major = 0, minor = 0, patch = 0] = version.replace(/^v/, '').split('.').map(Number);
  const floor = FLOORS[major];
  const fine = floor ? minor > floor[0] || (minor === floor[0] && patch >= floor[1]) : major > 26;
  if (fine) return undefined;
  return `Node ${version} is not safe for TLS session reuse. Use 24.18.1, 26.5.1 or newer; \`npm start\` brings the right one.`;
}
