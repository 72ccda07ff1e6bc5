import { type Client, collectPages } from '#contract';
import { RUN_STATES, TRANSFER_STATES } from '#domain';
import { oneOfOrNone } from '../api-client.ts';
import { size, type Terminal, table } from '../terminal.ts';

export interface SearchOptions {
  route?: string;
  partner?: string;
  state?: string;
  name?: string;
  contains?: string;
  sha256?: string;
  since?: string;
  limit: number;
  json?: boolean;
}

export async function listRuns(api: Client, terminal: Terminal, options: SearchOptions): Promise<void> {
  const state = oneOfOrNone(RUN_STATES, '--state', options.state);
  const query = { route: options.route, state, since: options.since };
  const runs = await collectPages(api, 'listRuns', { query }, options.limit);
  if (options.json) return terminal.json(runs);
  const rows = runs.map((run) => [
    run.createdAt,
    run.state,
    run.route,
    run.trigger,
    run.id,
    run.error?.code ?? '',
  ]);
  print(terminal, ['CREATED', 'STATE', 'ROUTE', 'TRIGGER', 'RUN', 'ERROR'], rows, 'no runs');
}

export async function listTransfers(api: Client, terminal: Terminal, options: SearchOptions): Promise<void> {
  const { route, partner, name, contains, sha256: sha256Prefix, since } = options;
  const state = oneOfOrNone(TRANSFER_STATES, '--state', options.state);
  const query = { route, partner, state, name, contains, sha256Prefix, since };
  const transfers = await collectPages(api, 'listTransfers', { query }, options.limit);
  if (options.json) return terminal.json(transfers);
  const rows = transfers.map((transfer) => [
    transfer.finishedAt ?? transfer.startedAt ?? '-',
    transfer.state,
    transfer.route,
    transfer.sourcePath,
    size(transfer.sizeBytes),
    transfer.sha256?.slice(0, 12) ?? '-',
    transfer.error?.code ?? '',
  ]);
  print(terminal, ['WHEN', 'STATE', 'ROUTE', 'SOURCE', 'SIZE', 'SHA256', 'ERROR'], rows, 'no transfers');
}

function print(terminal: Terminal, head: string[], rows: string[][], empty: string): void {
  if (rows.length === 0) terminal.note(empty);
  for (const line of table(head, rows)) terminal.line(line);
}
