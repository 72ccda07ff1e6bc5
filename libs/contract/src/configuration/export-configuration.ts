import { stringify } from 'yaml';
import type { ScheduleDefinition, Selection, TransferRoute } from '#domain';
import { endpointEntry } from './fill-endpoint.ts';
import type { Configuration } from './parse-configuration.ts';

type Exported = Pick<Configuration, 'partners' | 'endpoints' | 'routes'>;

/**
 * The configuration as a file that says the same when it is parsed: every default written out, certificates inline,
 * secrets by reference only, as the objects hold nothing else.
 */
export function exportConfiguration(configuration: Exported): string {
  return stringify(configurationFile(configuration), { aliasDuplicateObjects: false, lineWidth: 0 });
}

/** The same as plain values: JSON of it is a configuration file too. */
export function configurationFile(configuration: Exported): object {
  return {
    apiVersion: 'waybill/v1',
    partners: configuration.partners.map(({ name }) => ({ name })),
    endpoints: configuration.endpoints.map(endpointEntry),
    routes: configuration.routes.map(routeEntry),
  };
}

/**
 * As the file shows a route. `onHoliday` belongs to calendars, which the file does not have yet; a regular expression
 * excludes globs.
 */
export function routeEntry({ source, schedule, ...route }: TransferRoute): object {
  const { name, ...rest } = route;
  return {
    name,
    source: source.regex === undefined ? source : exportSelection(source),
    ...rest,
    ...(schedule && { schedule: exportSchedule(schedule) }),
  };
}

function exportSelection({ select: _, ...selection }: Selection): object {
  return selection;
}

function exportSchedule({ onHoliday: _, ...schedule }: ScheduleDefinition): object {
  return schedule;
}
