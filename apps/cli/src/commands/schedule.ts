import { readApiAddress, readConfig } from '#config';
import { OPERATIONS, type SchedulePreviewObject } from '#contract';
import { previewSchedule as previewOf } from '#schedule';
import { EVERYTHING, findRoute } from '#store';
import { createLogger } from '#telemetry';
import { connectApi } from '../api-client.ts';
import { UsageError } from '../failures.ts';
import { wrap } from '../finding-lines.ts';
import { useDatabase } from '../open-parts.ts';
import { type Terminal, table } from '../terminal.ts';
import { readWanted } from './configuration.ts';

export interface PreviewOptions {
  count: number;
  from?: string;
  downUntil?: string;
  file?: string;
  json?: boolean;
}

export async function previewSchedule(
  terminal: Terminal,
  name: string,
  options: PreviewOptions,
): Promise<void> {
  const preview = await ask(name, options);
  if (options.json) return terminal.json(preview);
  const [first, ...rest] = describePreview(preview, terminal.columns);
  terminal.note(first!);
  for (const line of rest) terminal.line(line);
}

/** The api that the environment names; otherwise the local home, whether anything runs on it or not. */
async function ask(
  name: string,
  { count, from, downUntil, file }: PreviewOptions,
): Promise<SchedulePreviewObject> {
  const query = { count, from, downUntil };
  const address = file === undefined ? readApiAddress() : undefined;
  if (address) return connectApi(address).previewSchedule({ params: { name }, query });
  const wrong = OPERATIONS.previewSchedule.query.safeParse(query).error?.issues[0];
  if (wrong) throw new UsageError(`${wrong.path.join('.')}: ${wrong.message}`);
  const { now, ...found } = file === undefined ? await findInForce(name) : await findInFile(name, file);
  const { schedule } = found;
  if (!schedule) throw new UsageError(`route "${name}" has no schedule; it runs only when asked to`);
  const moments = {
    from: from === undefined ? undefined : new Date(from),
    downUntil: downUntil === undefined ? undefined : new Date(downUntil),
  };
  return { route: name, ...(await previewOf({ ...found, schedule, ...moments, now, count })) };
}

async function findInForce(name: string) {
  const log = createLogger({ level: 'warn', format: 'line' });
  const { found, now } = await useDatabase(readConfig(), log, async (store) => ({
    found: await findRoute(store.db, EVERYTHING, name),
    now: await store.now(),
  }));
  if (!found) throw new UsageError(`there is no route "${name}"; \`waybill export\` lists them`);
  const { route, nextFireAt, paused } = found;
  const { schedule, window, enabled } = route;
  return { schedule, window, enabled, paused: paused !== null, nextFireAt, now };
}

/** Nothing of it is in force yet: it begins now. */
async function findInFile(name: string, file: string) {
  const found = (await readWanted(file)).routes.find((route) => route.name === name);
  if (!found) throw new UsageError(`${file}: there is no route "${name}" in it`);
  const { schedule, window, enabled } = found;
  return { schedule, window, enabled, paused: false, nextFireAt: null, now: new Date() };
}

/** Pure: a heading, the fires, under each what there is to say about it, and the rules. */
export function describePreview(preview: SchedulePreviewObject, columns: number): string[] {
  const { route, cron, timezone, fires, notes, misfire, overlap } = preview;
  const says = (text: string, indent: string) =>
    wrap(text, Math.max(40, columns - indent.length)).map((line) => `${indent}${line}`);
  const rows = fires.map(({ dueAt, localTime, outcome }) => [
    dueAt,
    `${weekday(localTime)} ${localTime.slice(0, 10)} ${localTime.slice(11)}`,
    outcome,
  ]);
  const [head, ...lines] = table(['DUE (UTC)', `DUE (${timezone})`, 'OUTCOME'], rows);
  return [
    `${route}: ${cron} in ${timezone}`,
    ...notes.flatMap((note) => says(note.says, '')),
    ...(fires.length === 0 ? [] : [head!]),
    ...fires.flatMap(({ reason, notes: about }, index) => [
      lines[index]!,
      ...(reason === null ? [] : says(reason, '    ')),
      ...about.flatMap((note) => says(note.says, '    ')),
    ]),
    ...says(`misfire ${misfire.policy}: ${misfire.says}`, ''),
    ...says(`overlap ${overlap.policy}: ${overlap.says}`, ''),
  ];
}

/** Of the day that the zone's calendar shows. */
function weekday(localTime: string): string {
  const day = new Date(`${localTime.slice(0, 10)}T00:00:00Z`);
  return new Intl.DateTimeFormat('en-GB', { weekday: 'short', timeZone: 'UTC' }).format(day);
}
