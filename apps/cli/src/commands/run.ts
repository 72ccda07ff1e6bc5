import { setTimeout as wait } from 'node:timers/promises';
import { type Client, collectPages, LONGEST_WAIT_S, type Run, type Transfer } from '#contract';
import { isFinishedRun, isSettledTransfer, type TransferState } from '#domain';
import { decisionCommand, errorSentence } from '../delivery-lines.ts';
import { UsageError, WorkFailed } from '../failures.ts';
import { size, type Terminal } from '../terminal.ts';

/** A progress bar moves; who reads a log wants the end. */
const WAIT_S = { interactive: 1, otherwise: LONGEST_WAIT_S };
/** An api on which too many wait already answers at once. */
const LOOK_EVERY_MS = 400;

export interface RunOptions {
  param?: string[];
  file?: string[];
  wait?: boolean;
  idempotencyKey?: string;
  json?: boolean;
}

/** Triggers a run; with `wait` follows it to its end. Throws WorkFailed unless every transfer was delivered. */
export async function runRoute(
  api: Client,
  terminal: Terminal,
  route: string,
  options: RunOptions,
): Promise<void> {
  const run = await api.triggerRun({
    params: { name: route },
    body: { parameters: readParameters(options.param ?? []), files: options.file },
    headers: { 'idempotency-key': options.idempotencyKey },
  });
  await reportRun(api, terminal, run, options);
}

/** Says what a run that was just made is; with `wait` follows it. Throws WorkFailed unless everything was delivered. */
export async function reportRun(
  api: Client,
  terminal: Terminal,
  run: Run,
  options: RunOptions,
): Promise<void> {
  if (!options.wait) {
    if (options.json) terminal.json(run);
    else terminal.line(`run ${run.id} of ${run.route} is ${run.state}`);
    return;
  }
  const finished = await follow(api, terminal, run.id);
  const transfers = await transfersOf(api, run.id);
  if (options.json) terminal.json({ ...finished, transfers });
  else summarise(terminal, finished, transfers);
  if (finished.state !== 'delivered') throw new WorkFailed('');
}

export function readParameters(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw new UsageError(`--param ${pair}: expected name=value`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

/** Waits at the api until the run has ended. Interrupting it stops the waiting, not the run. */
async function follow(api: Client, terminal: Terminal, id: string): Promise<Run> {
  let told = '';
  const patience = `${terminal.interactive ? WAIT_S.interactive : WAIT_S.otherwise}s`;
  for (let query = {}; ; query = { wait: patience }) {
    const askedAtMs = performance.now();
    const run = await api.getRun({ params: { id }, query });
    if (isFinishedRun(run.state)) return run;
    if (terminal.interactive) terminal.progress(bar(run));
    else if (run.state !== told) {
      told = run.state;
      terminal.note(`run ${id} of ${run.route} is ${run.state}`);
    }
    if (performance.now() - askedAtMs < LOOK_EVERY_MS) await wait(LOOK_EVERY_MS);
  }
}

function transfersOf(api: Client, runId: string): Promise<Transfer[]> {
  return collectPages(api, 'listTransfers', { query: { runId } });
}

/** Pure: what is settled of what is known so far. */
export function bar({
  route,
  state,
  transferCounts,
}: Pick<Run, 'route' | 'state' | 'transferCounts'>): string {
  const counts = Object.entries(transferCounts) as [TransferState, number][];
  const sum = (some: typeof counts) => some.reduce((total, [, count]) => total + count, 0);
  const all = sum(counts);
  const settled = sum(counts.filter(([one]) => isSettledTransfer(one)));
  const width = 24;
  const filled = all === 0 ? 0 : Math.floor((settled / all) * width);
  const files = all === 0 ? 'listing' : `${settled}/${all} files`;
  return `${route}  [${'='.repeat(filled)}${' '.repeat(width - filled)}]  ${files}  ${state}`;
}

function summarise(terminal: Terminal, run: Run, transfers: readonly Transfer[]): void {
  for (const transfer of transfers) {
    const file = `${transfer.sourcePath} -> ${transfer.destinationEndpoint}:${transfer.destinationPath}`;
    if (transfer.state === 'delivered') {
      terminal.line(`delivered  ${file}  ${size(transfer.sizeBytes)}  sha256 ${transfer.sha256}`);
    } else if (transfer.state === 'suppressed') terminal.line(`suppressed  ${file}  (delivered before)`);
    else {
      terminal.line(`${transfer.state}  ${file}  ${transfer.error?.code ?? ''}`);
      if (transfer.error) terminal.line(`  ${errorSentence(transfer.error.code, transfer.error.detail)}`);
      if (transfer.state === 'held') terminal.line(`  Decide it: ${decisionCommand(transfer.id)}`);
    }
  }
  if (run.error) {
    terminal.line(`failed  ${run.route}  ${run.error.code}`);
    terminal.line(`  ${errorSentence(run.error.code, run.error.detail)}`);
  }
  terminal.line(`run ${run.id} of ${run.route}: ${run.state}, ${transfers.length} files`);
}
