import { readConfig } from '#config';
import { nextFire } from '#schedule';
import { readConfiguration } from '#store';
import { createLogger } from '#telemetry';
import { UsageError } from '../failures.ts';
import { useDatabase } from '../open-parts.ts';
import { type Terminal, table } from '../terminal.ts';

export interface PreviewOptions {
  count: number;
  from?: string;
  json?: boolean;
}

const MOST_FIRES = 1000;

export async function previewSchedule(
  terminal: Terminal,
  name: string,
  options: PreviewOptions,
): Promise<void> {
  const log = createLogger({ level: 'warn', format: 'line' });
  const { route, now } = await useDatabase(readConfig(), log, async (store) => ({
    route: (await readConfiguration(store.db)).routes.find((candidate) => candidate.name === name),
    now: await store.now(),
  }));
  if (!route) throw new UsageError(`there is no route "${name}"; \`waybill export\` lists them`);
  if (!route.schedule) throw new UsageError(`route "${name}" has no schedule; it runs only when asked to`);
  const { cron, timezone } = route.schedule;
  const fires: Date[] = [];
  let after = options.from === undefined ? now : new Date(options.from);
  while (fires.length < Math.min(options.count, MOST_FIRES)) {
    const next = nextFire(route.schedule, after);
    if (!next) break;
    fires.push(next);
    after = next;
  }
  if (options.json) {
    terminal.json(fires.map((dueAt) => ({ route: name, dueAt: dueAt.toISOString(), timezone })));
    return;
  }
  terminal.note(`${name}: ${cron} in ${timezone}`);
  const rows = fires.map((dueAt) => [dueAt.toISOString(), localTime(dueAt, timezone)]);
  for (const line of table(['DUE (UTC)', `DUE (${timezone})`], rows)) terminal.line(line);
}

function localTime(instant: Date, timezone: string): string {
  return new Intl.DateTimeFormat('en-GB', {
    timeZone: timezone,
    weekday: 'short',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'short',
  }).format(instant);
}
