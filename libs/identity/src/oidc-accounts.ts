import { recordEvent } from '#audit';
import type { Actor } from '#domain';
import type { Tx } from '#store';
import { findUnknown } from './assert-known.ts';
import { namesOf } from './identity.ts';
import { IdentityRefused } from './identity-refused.ts';
import { commonRights, NO_RIGHTS, type Rights, sameRights } from './rights.ts';
import { endSessionsOf } from './sessions.ts';
import { changeUserIn, lockUser } from './users.ts';

/** A person as the identity provider describes him, after its signature was checked. */
export interface Vouched {
  issuer: string;
  subject: string;
  /** What he is called there; may change. */
  name: string;
}

export const PROVIDER: Actor = { kind: 'system', name: 'oidc' };

/** Where four eyes are the policy: what somebody's groups give him beyond what he has is for a second person to allow. */
export interface SecondPerson {
  /**
   * From now on this is asked for him, and nothing else that was asked because of his groups; undefined: nothing at all.
   * What was refused once is not asked again before his groups say something else.
   */
  ask(tx: Tx, userName: string, rise: { before: Rights; after: Rights } | undefined): Promise<void>;
}

export type AccountOutcome =
  | { state: 'open'; id: string; name: string }
  | { state: 'refused'; reason: 'name' | 'disabled' | 'partners' | 'last_admin'; sentence: string };

/**
 * The person's account, made at his first sign-in; role and partners are what his groups say today, as far as nobody else has
 * to agree. A refusal is to be committed as well: it may end sessions.
 */
export async function accountOf(
  tx: Tx,
  vouched: Vouched,
  rights: Rights,
  secondPerson: SecondPerson | undefined,
): Promise<AccountOutcome> {
  if ((await findUnknown(tx, 'partners', rights.partners)) !== undefined)
    return refused('partners', 'Your groups are for a partner that does not exist here. Ask an admin.');
  const account =
    (await findAccount(tx, vouched)) ?? (await makeAccount(tx, vouched, secondPerson ? NO_RIGHTS : rights));
  // Nobody becomes a person of the same name.
  if (!account) return refused('name', `Somebody else is named "${vouched.name}" here. Ask an admin.`);
  const { id, name } = account;
  const user = await lockUser(tx, name);
  if (user!.disabled) return refused('disabled', 'This account is disabled.');
  try {
    await followGroups(tx, { name, before: user!, wanted: rights }, secondPerson);
  } catch (error) {
    if (!(error instanceof IdentityRefused && error.code === 'last_admin')) throw error;
    // He stays admin, so that somebody is; but nobody acts on rights that his groups do not give him.
    await secondPerson?.ask(tx, name, undefined);
    await endSessionsOf(tx, id);
    return refused(
      'last_admin',
      'You are the last admin here, and your groups make you less. Somebody has to make another one first: waybill user create.',
    );
  }
  return { state: 'open', id, name };
}

/** His groups give him nothing any more: what he has open ends, and what was asked for him is void. */
export async function endWhatIsOpen(
  tx: Tx,
  vouched: Vouched,
  secondPerson: SecondPerson | undefined,
): Promise<void> {
  const known = await findAccount(tx, vouched);
  if (!known) return;
  await secondPerson?.ask(tx, known.name, undefined);
  await endSessionsOf(tx, known.id);
}

/** Less is in force at once; more only when nobody has to be asked. @throws IdentityRefused `last_admin` */
async function followGroups(
  tx: Tx,
  { name, before, wanted }: { name: string; before: Rights; wanted: Rights },
  secondPerson: SecondPerson | undefined,
): Promise<void> {
  const now = secondPerson ? commonRights(before, wanted) : wanted;
  if (!sameRights(before, now)) await changeUserIn(tx, name, now, PROVIDER);
  await secondPerson?.ask(tx, name, sameRights(now, wanted) ? undefined : { before: now, after: wanted });
}

async function findAccount(
  tx: Tx,
  { issuer, subject }: Vouched,
): Promise<{ id: string; name: string } | undefined> {
  const found = await tx.oidcAccount.findUnique({
    where: { issuer_subject: { issuer, subject } },
    select: { user: { select: { id: true, name: true } } },
  });
  return found?.user;
}

async function makeAccount(
  tx: Tx,
  vouched: Vouched,
  { role, partners }: Rights,
): Promise<{ id: string; name: string } | undefined> {
  const { issuer, subject, name } = vouched;
  const [made] = await tx.user.createManyAndReturn({
    data: [
      {
        name,
        role,
        partners: namesOf(partners),
        passwordHash: null,
        passwordOneTime: false,
        createdBy: PROVIDER.name,
      },
    ],
    skipDuplicates: true,
    select: { id: true },
  });
  // In two browsers at once: the other one was first.
  if (!made) return findAccount(tx, vouched);
  await tx.oidcAccount.create({ data: { userId: made.id, issuer, subject } });
  await recordEvent(tx, {
    actor: PROVIDER,
    action: 'user.created',
    object: 'user',
    objectId: name,
    details: { role, partners, issuer, subject },
  });
  return { id: made.id, name };
}

function refused(
  reason: Extract<AccountOutcome, { state: 'refused' }>['reason'],
  sentence: string,
): AccountOutcome {
  return { state: 'refused', reason, sentence };
}
