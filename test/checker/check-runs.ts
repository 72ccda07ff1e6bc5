import type { CheckedRoute, Findings } from './findings.ts';
import type { RouteRow, Tables } from './read-tables.ts';

const FINISHED = ['delivered', 'partly_delivered', 'failed', 'held', 'cancelled'];
const SETTLED = ['delivered', 'suppressed', 'held', 'failed', 'cancelled'];

/** A run is finished, says so in the audit, and has left nothing undone. */
export function checkRuns(route: CheckedRoute, row: RouteRow, tables: Tables, findings: Findings): void {
  for (const run of tables.runs.filter(({ routeId }) => routeId === row.id)) {
    const transfers = tables.transfers.filter(({ runId }) => runId === run.id);
    if (!FINISHED.includes(run.state)) {
      findings.add('run_open', route.name, run.id, run.state);
      continue;
    }
    const open = transfers.filter(({ state }) => !SETTLED.includes(state));
    if (open.length > 0)
      findings.add(
        'run_finished_unsettled',
        route.name,
        run.id,
        `${run.state} with ${open.length} unsettled, the first is ${open[0]!.sourcePath}: ${open[0]!.state}`,
      );
    const bad = transfers.filter(({ state }) => ['held', 'failed', 'cancelled'].includes(state));
    if (run.state === 'delivered' && bad.length > 0)
      findings.add('run_state_wrong', route.name, run.id, `delivered, with ${bad.length} ${bad[0]!.state}`);
    // Cancelled before anything was planned: the request is the end.
    const words = [`run.${run.state}`, ...(run.state === 'cancelled' ? ['run.cancel_requested'] : [])];
    const said = tables.events.some(({ runId, action }) => runId === run.id && words.includes(action));
    if (!said) findings.add('run_without_event', route.name, run.id, `no event run.${run.state}`);
  }
}
