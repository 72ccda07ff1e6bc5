import type { FieldProblem } from '#contract';
import type { Endpoint, SecretRef } from '#domain';
import type { Scope } from '#store';
import { movedCredentials } from './moved-endpoints.ts';
import type { AnyChange } from './object-changes.ts';

interface Reference {
  /** Within the endpoint. */
  path: string;
  ref: SecretRef;
}

/** Who names a secret, and by which way. */
export interface Naming {
  reach: Scope['partners'];
  /** Whether environment variables and files of the workers may be named. */
  local: boolean;
  /** Whose each stored secret is: a partner's, or null for the whole installation's; absent: there is none. */
  owners: ReadonlyMap<string, string | null>;
}

export const NO_LOCAL_REFERENCE =
  'over REST only stored secrets are named ({secret: NAME}): variables and files of the workers by `waybill apply`, or with WAYBILL_REST_LOCAL_REFERENCES=on';

/** The stored secrets that the changes refer to. */
export function namedSecrets(changes: readonly AnyChange[]): string[] {
  const names = changes.flatMap((change) =>
    referencesOf(endpointOf(change.noun, change.after)).flatMap(({ ref }) =>
      'secret' in ref ? [ref.secret] : [],
    ),
  );
  return [...new Set(names)];
}

/**
 * Whoever may name a secret in an endpoint has it shown to a host of his choice. So a partner's secret serves endpoints of
 * that partner and no others, whoever asks; what is nobody's own is named by who reaches everything; and what lies beside the
 * workers, in their environment or on their disks, is not to be had over REST. What stands there already, and is shown to the
 * same server as before, stays.
 */
export function referenceProblems(change: AnyChange, naming: Naming): FieldProblem[] {
  const before = endpointOf(change.noun, change.before);
  const after = endpointOf(change.noun, change.after);
  const shownElsewhere = before && after ? movedCredentials(before, after) : [];
  const kept = new Map(
    referencesOf(before)
      .filter(({ path }) => !shownElsewhere.includes(path))
      .map(({ path, ref }) => [path, JSON.stringify(ref)]),
  );
  return referencesOf(after).flatMap(({ path, ref }) => {
    const isNew = kept.get(path) !== JSON.stringify(ref);
    const message = referenceProblem(ref, isNew, after?.partner ?? null, naming);
    return message === undefined ? [] : [{ path, message }];
  });
}

function referenceProblem(
  ref: SecretRef,
  isNew: boolean,
  partner: string | null,
  { reach, local, owners }: Naming,
): string | undefined {
  if ('cleared' in ref) return undefined;
  if (!('secret' in ref)) return isNew && !local ? NO_LOCAL_REFERENCE : undefined;
  const owner = owners.get(ref.secret);
  const isItsPartners = owner !== undefined && owner !== null && owner === partner;
  if (isItsPartners) return undefined;
  // To others it is as if it were not there.
  if (isNew && reach !== 'all')
    return 'there is no such secret of the partner of this endpoint; whoever reaches all partners can set one (`partner` of PUT /secrets/NAME)';
  if (owner === undefined || owner === null) return undefined;
  return `the secret "${ref.secret}" is one of ${owner}, and serves endpoints of ${owner} only`;
}

/** In the order of the file. */
function referencesOf(endpoint: Endpoint | undefined): Reference[] {
  if (!endpoint || endpoint.protocol === 'local') return [];
  const { password, account, tls, proxy } = endpoint;
  const { clientCertificate } = tls;
  const of = (path: string, ref: SecretRef | undefined): Reference[] => (ref ? [{ path, ref }] : []);
  const certificate = 'tls.clientCertificate';
  return [
    ...of('password', password),
    ...of('account', account),
    ...(clientCertificate && 'key' in clientCertificate
      ? of(`${certificate}.key`, clientCertificate.key)
      : of(`${certificate}.pkcs12`, clientCertificate?.pkcs12)),
    ...of(`${certificate}.passphrase`, clientCertificate?.passphrase),
    ...of('proxy.password', proxy?.password),
  ];
}

function endpointOf(noun: AnyChange['noun'], object: AnyChange['after']): Endpoint | undefined {
  return noun === 'endpoint' ? (object as Endpoint | undefined) : undefined;
}
