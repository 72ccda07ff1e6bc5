import { LEFTOVERS, type Retention, type RunRecorder } from '#audit';
import type { Logger, Metrics } from '#telemetry';

/** Rows of one statement: short enough that nobody waits for its locks. */
const ROWS_AT_ONCE = 500;
/** Statements of one kind in one round, which comes once a minute: more rows than identities may make meanwhile. */
const MOST_STATEMENTS = 100;

/** Throws away what has been kept long enough. Any number of schedulers may do so at once. Returns how many rows it was. */
export async function keepHouse(
  recorder: RunRecorder,
  retention: Retention,
  log: Logger,
  metrics: Metrics,
  signal: AbortSignal,
): Promise<number> {
  let all = 0;
  for (const what of LEFTOVERS) {
    let rows = 0;
    for (let statement = 0; statement < MOST_STATEMENTS && !signal.aborted; statement++) {
      const gone = await recorder.throwAway(what, retention, ROWS_AT_ONCE);
      rows += gone;
      if (gone < ROWS_AT_ONCE) break;
    }
    if (rows > 0) {
      metrics.thrownAway.inc({ what }, rows);
      log.info({ what, rows }, 'what has been kept long enough was thrown away');
    }
    all += rows;
  }
  return all;
}
