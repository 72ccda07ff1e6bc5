import { ROLE_NAMES, type RoleName } from './role-words.ts';

/** A row of the contract's table, as far as it says who may. */
export interface AccessRow {
  method: string;
  path: string;
  access: 'public' | 'local' | readonly RoleName[];
  only?: 'persons' | 'whole_installation' | 'persons_and_admins';
}

export interface RoleRow {
  id: string;
  /** `Trigger run`. */
  title: string;
  /** Whether it changes anything. */
  changes: boolean;
  roles: ReadonlySet<RoleName>;
  /** What else it takes. */
  besides: string | undefined;
}

export interface RoleGroup {
  title: string;
  rows: RoleRow[];
}

const BESIDES: Readonly<Record<NonNullable<AccessRow['only']>, string>> = {
  persons: 'with a session of one’s own',
  whole_installation: 'who reaches all partners and routes',
  persons_and_admins: 'own ones; of everybody for an admin of the whole installation',
};

/** By the first word of the address, after /api/v1. What is not named here stands under its own first word. */
const AREAS: readonly (readonly [title: string, firsts: readonly string[]])[] = [
  ['Runs and transfers', ['runs', 'transfers', 'attempts', 'overview', 'fires', 'events', 'held']],
  [
    'Partners, endpoints and routes',
    ['partners', 'endpoints', 'routes', 'probes', 'looks', 'schedule', 'schedules'],
  ],
  ['TLS', ['tls-negotiations', 'posture']],
  ['Incidents', ['incidents']],
  ['Configuration and approvals', ['configuration', 'configuration-changes', 'changes', 'approvals']],
  ['Audit', ['audit']],
  ['Users, keys and sessions', ['users', 'keys', 'sessions', 'me', 'sign-out']],
  ['Secrets', ['secrets']],
  ['The installation itself', ['installation', 'metrics', 'openapi.json', 'docs']],
];

/** Who may what, by area, in the order of the navigation; without what is open to anybody. */
export function roleTable(operations: Readonly<Record<string, AccessRow>>): RoleGroup[] {
  const groups = new Map<string, RoleRow[]>(AREAS.map(([title]) => [title, []]));
  for (const [id, operation] of Object.entries(operations)) {
    if (operation.access === 'public') continue;
    const title = areaOf(operation.path);
    const rows = groups.get(title) ?? [];
    groups.set(title, rows);
    rows.push(rowOf(id, operation));
  }
  return [...groups].map(([title, rows]) => ({ title, rows })).filter(({ rows }) => rows.length > 0);
}

function rowOf(id: string, { method, access, only }: AccessRow): RoleRow {
  return {
    id,
    title: wordsOf(id),
    changes: method !== 'GET',
    roles: new Set(typeof access === 'string' ? ROLE_NAMES : access),
    besides: only && BESIDES[only],
  };
}

function areaOf(path: string): string {
  const first = path.replace(/^\/api(\/v\d+)?\//, '').split('/')[0] ?? '';
  return AREAS.find(([, firsts]) => firsts.includes(first))?.[0] ?? capital(first.replaceAll('-', ' '));
}

const ABBREVIATIONS: Readonly<Record<string, string>> = { tls: 'TLS', api: 'API' };

/** `listTlsNegotiations` -> `List TLS negotiations`. */
export function wordsOf(id: string): string {
  const words = id.split(/(?=[A-Z])/).map((word) => word.toLowerCase());
  return capital(words.map((word) => ABBREVIATIONS[word] ?? word).join(' '));
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
