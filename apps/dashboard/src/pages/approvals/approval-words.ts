import type { Approval, KeyObject, Me } from '#contract';

type Actor = Approval['requestedBy'];

/** `anna`, `the API key erp`, `the scheduler`. */
export function actorText({ kind, name }: Actor): string {
  if (kind === 'user') return name;
  if (kind === 'api_key') return `the API key ${name}`;
  return kind === 'system' ? name : `the ${kind} ${name}`;
}

/** Who asked cannot be the second person, nor can he by a key that he stands behind. */
export function isOwn(
  { requestedBy }: Pick<Approval, 'requestedBy'>,
  me: Pick<Me, 'kind' | 'name'>,
  keys: readonly Pick<KeyObject, 'name' | 'person'>[],
): boolean {
  if (me.kind !== 'person') return requestedBy.kind === 'api_key' && requestedBy.name === me.name;
  if (requestedBy.kind === 'user') return requestedBy.name === me.name;
  return (
    requestedBy.kind === 'api_key' &&
    keys.some(({ name, person }) => name === requestedBy.name && person === me.name)
  );
}

/** `change the endpoint "a"` -> `Change the endpoint "a"`. */
export function headline({ summary }: Pick<Approval, 'summary'>): string {
  return `${summary.charAt(0).toUpperCase()}${summary.slice(1)}`;
}

/** Those that have waited longest come first. */
export function longestFirst<Of extends Pick<Approval, 'requestedAt'>>(approvals: readonly Of[]): Of[] {
  return approvals.toSorted((one, other) => one.requestedAt.localeCompare(other.requestedAt));
}
