import type { Approval, KeyObject, SecretObject, UserObject } from '#contract';

/** What these pages can find out of what an approval is about; undefined where the reader may not. */
export interface KnownNow {
  /** When each object of the configuration was changed last, by `endpoint acme`. */
  changedAt: ReadonlyMap<string, string>;
  keys?: readonly Pick<KeyObject, 'name' | 'createdAt' | 'revokedAt'>[] | undefined;
  secrets?: readonly Pick<SecretObject, 'name' | 'updatedAt'>[] | undefined;
  users?: readonly Pick<UserObject, 'name' | 'role' | 'partners' | 'disabled'>[] | undefined;
}

type Asked = Pick<Approval, 'changes' | 'requestedAt'>;
type Change = Approval['changes'][number];

/** Why the api would refuse to approve it: something has changed since it was asked for. undefined: not that anybody knows. */
export function outdatedBy({ changes, requestedAt }: Asked, known: KnownNow): string | undefined {
  for (const change of changes) {
    const why = reasonOf(change, requestedAt, known);
    if (why !== undefined) return why;
  }
  return undefined;
}

function reasonOf(change: Change, requestedAt: string, known: KnownNow): string | undefined {
  const { noun, name } = change;
  if ((known.changedAt.get(`${noun} ${name}`) ?? '') > requestedAt)
    return `The ${noun} ${name} was changed after this was asked for.`;
  if (noun === 'api_key') return keyReason(name, requestedAt, known);
  if (noun === 'secret') return secretReason(change, requestedAt, known);
  return noun === 'user' ? userReason(change, known) : undefined;
}

function keyReason(name: string, requestedAt: string, { keys }: KnownNow): string | undefined {
  const made = keys?.some(
    (key) => key.name === name && key.revokedAt === null && key.createdAt > requestedAt,
  );
  return made ? `There is an API key ${name} by now.` : undefined;
}

function secretReason(
  { kind, name }: Change,
  requestedAt: string,
  { secrets }: KnownNow,
): string | undefined {
  if (!secrets) return undefined;
  const secret = secrets.find((each) => each.name === name);
  if (kind === 'create') return secret && `There is a secret ${name} by now.`;
  if (!secret) return `There is no secret ${name} any more.`;
  return secret.updatedAt > requestedAt ? `The secret ${name} has got another value since.` : undefined;
}

function userReason({ name, fields }: Change, { users }: KnownNow): string | undefined {
  if (!users) return undefined;
  const user = users.find((each) => each.name === name);
  if (!user) return `There is no user ${name} any more.`;
  const now: Readonly<Record<string, unknown>> = { ...user };
  const differs = fields.some(({ path, before }) => JSON.stringify(before) !== JSON.stringify(now[path]));
  return differs ? `The rights of ${name} have changed since this was asked for.` : undefined;
}
