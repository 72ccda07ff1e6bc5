import type { Incident, IncidentFilter } from '#contract';

type Kind = Incident['kind'];

/** Keys in the order of the choice; the compiler refuses a missing one. */
const STATES: Readonly<Record<IncidentFilter, string>> = {
  unresolved: 'unresolved',
  open: 'open',
  acknowledged: 'acknowledged',
  snoozed: 'snoozed',
  resolved: 'resolved',
};
export const STATE_FILTERS = Object.keys(STATES) as IncidentFilter[];

const KINDS: Readonly<Record<Kind, string>> = {
  transfer_in_doubt: 'Transfer in doubt',
  transfer_quarantined: 'Transfer quarantined',
  transfer_held: 'Source not disposed of',
  login_refused: 'Login refused',
  run_failed: 'Run failed',
  callback_given_up: 'Call-back given up',
  keys_unavailable: 'Keys unavailable',
};
export const KIND_FILTERS = Object.keys(KINDS) as Kind[];

export function kindTitle(kind: Kind): string {
  return KINDS[kind] ?? String(kind).replaceAll('_', ' ');
}

export interface IncidentQuery {
  state?: IncidentFilter;
  kind?: Kind;
  route?: string;
  endpoint?: string;
}

/** What the address asks for. Words that are no filter narrow nothing, and are told. */
export function readFilters(search: Readonly<Record<string, string | undefined>>): {
  query: IncidentQuery;
  unknown: string[];
} {
  const unknown: string[] = [];
  const known = <Value extends string>(name: string, values: readonly Value[]): Value | undefined => {
    const said = search[name];
    if (said === undefined || said === '') return undefined;
    const value = values.find((each) => each === said);
    if (value === undefined) unknown.push(`${name}=${said}`);
    return value;
  };
  /** As the contract has it: the api would refuse another. */
  const named = (name: string): string | undefined => {
    const said = search[name];
    if (said === undefined || said === '') return undefined;
    if (/^[a-z0-9][a-z0-9._-]{0,99}$/i.test(said)) return said;
    unknown.push(`${name}=${said}`);
    return undefined;
  };
  const [state, kind] = [known('state', STATE_FILTERS), known('kind', KIND_FILTERS)];
  const [route, endpoint] = [named('route'), named('endpoint')];
  return {
    query: {
      ...(state && { state }),
      ...(kind && { kind }),
      ...(route && { route }),
      ...(endpoint && { endpoint }),
    },
    unknown,
  };
}
