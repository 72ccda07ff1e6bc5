import { writeSync } from 'node:fs';
// By its path: `#failpoint` is this module here.
import { FAILPOINTS, type Failpoint } from '../../libs/failpoint/src/names.ts';

export { FAILPOINTS, type Failpoint };

/** What a worker process does to itself, and when. Told by WAYBILL_FAILPOINT, as JSON. */
export interface Arming {
  point: Failpoint;
  /** 1 is the first time that the point is reached. */
  occurrence: number;
  signal: 'SIGKILL' | 'SIGSTOP';
}

/** Where the test listens: a pipe that nothing else in the process writes to. */
const WITNESS_FD = 3;

const text = process.env['WAYBILL_FAILPOINT'];
const arming = text === undefined ? undefined : (JSON.parse(text) as Arming);
let reached = 0;

/** Takes the place of the empty function under the condition `waybill-failpoints`. */
export function reach(point: Failpoint): void {
  if (point !== arming?.point || ++reached !== arming.occurrence) return;
  writeSync(WITNESS_FD, `${point}\n`);
  // Delivered before the call returns: not one more line of the product runs.
  process.kill(process.pid, arming.signal);
}
