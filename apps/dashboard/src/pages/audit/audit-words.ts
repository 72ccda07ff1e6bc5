import type { AuditEventObject } from '#contract';

type Event = AuditEventObject;

/** What happened, as its actor did it: `anna` + `signed in`. `{}` stands for the object. */
const DEEDS: Readonly<Record<string, string>> = {
  'session.opened': 'signed in',
  'session.ended': 'ended a session',
  'user.sign_in_refused': 'refused a sign-in as {}',
  'user.reset': 'made a one-time password for {}',
  'user.password_changed': 'changed the password of {}',
  'user.second_factor_begun': 'began a second factor for {}',
  'user.second_factor_added': 'added a second factor for {}',
  'user.second_factor_removed': 'removed the second factor of {}',
  'secret.set': 'set the secret {}',
  'secret.assigned': 'said who may use the secret {}',
  'secret_key.made': 'made a sealing key',
  'secret_key.rotated': 'changed the sealing key',
  'configuration.applied': 'applied the configuration {}',
  'configuration.approval_requested': 'asked for an approval',
  'configuration.approval_given': 'approved a change',
  'configuration.approval_refused': 'rejected a change',
  'endpoint.probe_requested': 'asked to examine {}',
  'endpoint.probed': 'examined {}',
  'endpoint.probe_failed': 'could not examine {}',
  'endpoint.look_requested': 'asked to look into {}',
  'endpoint.looked': 'looked into {}',
  'endpoint.look_failed': 'could not look into {}',
  'process.started': 'started',
  'process.stopped': 'stopped',
  'process.thrown_away': 'threw away what nobody needs any more',
  'run.requested': 'triggered a run',
  'fire.run': 'began a run when it was due',
  'tls_negotiation.refused': 'refused a TLS handshake',
};

/** Those that mean the same of everything. */
const VERBS: Readonly<Record<string, string>> = {
  created: 'made',
  changed: 'changed',
  deleted: 'deleted',
  revoked: 'revoked',
  paused: 'paused',
  resumed: 'resumed',
};

const NOUNS: Readonly<Record<string, string>> = {
  api_key: 'API key',
  tls_negotiation: 'TLS handshake',
  secret_key: 'sealing key',
};

export function nounText(object: string): string {
  return NOUNS[object] ?? object.replaceAll('_', ' ');
}

export interface Deed {
  before: string;
  /** Whether the object is named between the two. */
  named: boolean;
  after: string;
}

/** What was done, around the name of the object: `made the user `, name, ``. */
export function deedOf({ action, object }: Pick<Event, 'action' | 'object'>): Deed {
  const known = Object.hasOwn(DEEDS, action) ? DEEDS[action] : undefined;
  if (known !== undefined) {
    const [before = '', after] = known.split('{}');
    return { before, named: after !== undefined, after: after ?? '' };
  }
  const verb = action.slice(action.indexOf('.') + 1);
  if (Object.hasOwn(VERBS, verb))
    return { before: `${VERBS[verb]} the ${nounText(object)} `, named: true, after: '' };
  // `transfer.publish_intended` -> `transfer <name>: publish intended`
  return { before: `${nounText(object)} `, named: true, after: `: ${verb.replaceAll('_', ' ')}` };
}

/** Its name; long identities say nothing beside a sentence, and stand in the facts. */
export function objectText({ objectId, details }: Pick<Event, 'objectId' | 'details'>): string {
  if (!UUID.test(objectId)) return objectId;
  const { name } = details;
  return typeof name === 'string' && name !== '' ? name : objectId.slice(0, 8);
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export type ObjectLink =
  | { to: '/partners/$name' | '/endpoints/$name' | '/routes/$name'; params: { name: string } }
  | { to: '/runs/$id' | '/transfers/$id'; params: { id: string } }
  | { to: '/settings/$section'; params: { section: string } }
  | { to: '/approvals'; search: { id: string } };

/** Where the object is looked at; undefined where it has no page. What is gone says so there. */
export function linkOf({
  action,
  object,
  objectId,
}: Pick<Event, 'action' | 'object' | 'objectId'>): ObjectLink | undefined {
  switch (object) {
    case 'partner':
    case 'endpoint':
    case 'route':
      return action.endsWith('.deleted')
        ? undefined
        : { to: `/${object}s/$name`, params: { name: objectId } };
    case 'run':
    case 'transfer':
      return UUID.test(objectId) ? { to: `/${object}s/$id`, params: { id: objectId } } : undefined;
    case 'user':
    case 'secret':
      return { to: '/settings/$section', params: { section: `${object}s` } };
    case 'api_key':
      return { to: '/settings/$section', params: { section: 'keys' } };
    case 'configuration':
      return action.startsWith('configuration.approval_')
        ? { to: '/approvals', search: { id: objectId } }
        : undefined;
    default:
      return undefined;
  }
}

/** `anna`, `API key erp`, `worker w1`. */
export function actorText({ actor: { kind, name } }: Pick<Event, 'actor'>): string {
  // The scheduler is called by what it is.
  return kind === 'user' || kind === 'system' || kind === name ? name : `${nounText(kind)} ${name}`;
}
