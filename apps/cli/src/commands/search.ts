import type { Page, Run, Transfer } from '#contract';
import type { ApiClient } from '../api-client.ts';
import { size, type Terminal, table } from '../terminal.ts';

const PAGE_SIZE = 200;

/** Follows the cursor until `limit` objects are there. */
export async function allPages<T>(
  api: ApiClient,
  path: string,
  query: Record<string, string | undefined>,
  limit = Number.POSITIVE_INFINITY,
): Promise<T[]> {
  const found: T[] = [];
  let cursor: string | undefined;
  do {
    const wanted = String(Math.min(PAGE_SIZE, limit - found.length));
    const page = await api.get<Page<T>>(path, { ...query, limit: wanted, cursor });
    found.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined && found.length < limit);
  return found;
}

export interface SearchOptions {
  route?: string;
  partner?: string;
  state?: string;
  name?: string;
  since?: string;
  limit: number;
  json?: boolean;
}

export async function listRuns(api: ApiClient, terminal: Terminal, options: SearchOptions): Promise<void> {
  const query = { route: options.route, state: options.state, since: options.since };
  const runs = await allPages<Run>(api, '/runs', query, options.limit);
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

export async function listTransfers(
  api: ApiClient,
  terminal: Terminal,
  options: SearchOptions,
): Promise<void> {
  const { route, partner, state, name, since } = options;
  const query = { route, partner, state, name, since };
  const transfers = await allPages<Transfer>(api, '/transfers', query, options.limit);
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
