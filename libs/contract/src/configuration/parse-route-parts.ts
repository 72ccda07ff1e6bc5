import type { ScheduleDefinition, Selection, TransferRoute, TransferWindow } from '#domain';
import type { FieldProblem } from '../rest/problems.ts';
import { checkSchedule, checkSelection, checkWindow } from './check-routes.ts';
import { ConfigurationText, entries, type Path } from './configuration-text.ts';
import type { ParseOptions } from './parse-configuration.ts';
import { fieldProblem } from './parse-entry.ts';
import { refuseParameters } from './route-parameters.ts';
import { checkSchema } from './schema-problems.ts';
import { fillRoute } from './schemas.ts';

export type ParsedPart<Part> = { ok: true; part: Part } | { ok: false; problems: FieldProblem[] };

type Check = (source: ConfigurationText, route: unknown, path: Path) => void;

/** `source` of a route that is not there yet, without its endpoint: by the rules and words of a route. */
export function parseSelection(endpoint: string, given: Record<string, unknown>): ParsedPart<Selection> {
  const own = Object.hasOwn(given, 'endpoint');
  const parsed = parseParts({ source: { ...given, endpoint } }, 'routes[0].source', (source, route, path) => {
    if (own) source.report([...path, 'source', 'endpoint'], 'the endpoint stands in the address');
    checkSelection(source, route, path);
    refuseParameters(source, route, path);
  });
  return parsed.ok ? { ok: true, part: parsed.part.source } : parsed;
}

/** `schedule` and `window` of a route that is not there yet. */
export function parseSchedule(
  given: { schedule: unknown; window?: unknown },
  options: Pick<ParseOptions, 'validateCron'>,
): ParsedPart<{ schedule: ScheduleDefinition; window: TransferWindow | undefined }> {
  const parsed = parseParts(given, 'routes[0]', (source, route, path) => {
    checkSchedule(source, route, path, options);
    checkWindow(source, route, path);
  });
  if (!parsed.ok) return parsed;
  const { schedule, window } = parsed.part;
  if (!schedule) return { ok: false, problems: [{ path: 'schedule', message: 'is missing' }] };
  return { ok: true, part: { schedule, window } };
}

/** Around what is given stands a route that nobody has anything against. */
function parseParts(parts: object, own: string, check: Check): ParsedPart<TransferRoute> {
  const place = { endpoint: 'unsaved', path: '/' };
  const route = { name: 'unsaved', source: place, destination: place, ...parts };
  const source = new ConfigurationText(
    { values: { apiVersion: 'waybill/v1', routes: [route] } },
    'the request',
  );
  const checked = checkSchema(source);
  for (const { value, path } of entries(source, 'routes')) check(source, value, path);
  const [entry] = checked?.routes ?? [];
  if (entry && source.problems.length === 0) return { ok: true, part: fillRoute(entry) };
  return { ok: false, problems: source.problems.flatMap((problem) => fieldProblem(own, problem) ?? []) };
}
