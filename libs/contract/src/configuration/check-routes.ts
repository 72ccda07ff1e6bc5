import { type ConfigurationText, entries, type Path, textAt, valueAt } from './configuration-text.ts';
import { nearestName } from './nearest-name.ts';
import type { ParseOptions } from './parse-configuration.ts';
import { checkParameters } from './route-parameters.ts';
import { isTimeZone, shown, timeZones } from './values.ts';

/** What one value of a route says about another, and the clocks it names; looked for in the plain values. */
export function checkRoutes(source: ConfigurationText, options: ParseOptions): void {
  for (const { value, path } of entries(source, 'routes')) {
    if (movesOntoItself(value))
      source.report([...path, 'destination'], 'is the source itself: every file would meet its own name');
    checkSessions(source, value, path);
    checkSelection(source, value, path);
    checkParameters(source, value, path);
    checkSchedule(source, value, path, options);
    checkWindow(source, value, path);
  }
}

function movesOntoItself(route: unknown): boolean {
  const template = valueAt(route, ['destination', 'name']);
  const same = (field: string) => {
    const from = textAt(route, ['source', field]);
    return from !== undefined && from === textAt(route, ['destination', field]);
  };
  return same('endpoint') && same('path') && (template === undefined || template === '{name}');
}

/** A lane from a server to itself needs two sessions at once: with one it would wait for ever. */
function checkSessions(source: ConfigurationText, route: unknown, path: Path): void {
  const name = textAt(route, ['source', 'endpoint']);
  if (name === undefined || name !== textAt(route, ['destination', 'endpoint'])) return;
  const endpoint = entries(source, 'endpoints').find(({ value }) => textAt(value, ['name']) === name)?.value;
  if (textAt(endpoint, ['protocol']) === 'local' || valueAt(endpoint, ['maxSessions']) !== 1) return;
  source.report(
    [...path, 'destination', 'endpoint'],
    `reads from and writes to \`${shown(name)}\`, which needs two sessions at once, and its maxSessions is 1`,
  );
}

export function checkSelection(source: ConfigurationText, route: unknown, path: Path): void {
  const globs = valueAt(route, ['source', 'select']);
  const place = [...path, 'source', 'select'];
  if (globs !== undefined && valueAt(route, ['source', 'regex']) !== undefined)
    source.report(place, 'globs and a regular expression exclude each other: write `select` or `regex`');
  else if (Array.isArray(globs) && globs.length === 0) source.report(place, 'an empty list selects nothing');
}

export function checkSchedule(
  source: ConfigurationText,
  route: unknown,
  path: Path,
  options: Pick<ParseOptions, 'validateCron'>,
): void {
  checkZone(source, [...path, 'schedule', 'timezone']);
  const cron = textAt(route, ['schedule', 'cron']);
  const problem = cron === undefined ? undefined : options.validateCron(cron);
  if (problem !== undefined) source.report([...path, 'schedule', 'cron'], problem);
}

export function checkWindow(source: ConfigurationText, route: unknown, path: Path): void {
  checkZone(source, [...path, 'window', 'timezone']);
  const from = textAt(route, ['window', 'from']);
  if (from !== undefined && from === textAt(route, ['window', 'to']))
    source.report(
      [...path, 'window', 'to'],
      'a window of no length: nothing could ever begin; without `window` the route may run at any time',
    );
}

function checkZone(source: ConfigurationText, place: Path): void {
  const zone = textAt(source.raw, place);
  if (zone !== undefined && !isTimeZone(zone))
    source.report(place, `\`${shown(zone)}\` is not an IANA time zone`, nearestName(zone, timeZones()));
}
