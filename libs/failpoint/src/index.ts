import type { Failpoint } from './names.ts';

export { FAILPOINTS, type Failpoint } from './names.ts';

/** Does nothing. Tests that kill a worker at a named moment put another module in this one's place (package.json, "imports"). */
export function reach(_point: Failpoint): void {}
