import { randomBytes } from 'node:crypto';
import { recordEvent } from '#audit';
import type { Actor } from '#domain';
import type { Tx } from '#store';
import { assertKnown } from './assert-known.ts';
import type { GroupRole } from './group-roles.ts';
import { namesOf } from './identity.ts';
import type { IdentityKeys } from './identity-keys.ts';
import { IdentityRefused } from './identity-refused.ts';
import { hashPassword } from './passwords.ts';
import { endSessionsOf } from './sessions.ts';

/** A person as the identity provider describes him, after its signature was checked. */
export interface Vouched {
  issuer: string;
  subject: string;
  /** What he is called there; may change. */
  name: string;
}

const PROVIDER: Actor = { kind: 'system', name: 'oidc' };

/**
 * The person's account, made at his first sign-in; role and partners are what his groups say today.
 * @throws IdentityRefused `sign_in_refused` for a disabled account, and where another account has the name: nobody becomes
 * a person of the same name
 */
export async function accountOf(
  tx: Tx,
  keys: IdentityKeys,
  vouched: Vouched,
  rights: Omit<GroupRole, 'group'>,
): Promise<{ id: string; name: string }> {
  await assertKnown(tx, 'partners', rights.partners);
  const known = await findAccount(tx, vouched);
  if (!known) return makeAccount(tx, keys, vouched, rights);
  if (known.disabledAt !== null) throw new IdentityRefused('sign_in_refused', 'This account is disabled.');
  await keepRights(tx, known, rights);
  return known;
}

/** His groups give him nothing any more: what he has open ends. */
export async function endWhatIsOpen(tx: Tx, vouched: Vouched): Promise<void> {
  const known = await findAccount(tx, vouched);
  if (known) await endSessionsOf(tx, known.id);
}

async function findAccount(tx: Tx, { issuer, subject }: Vouched) {
  const found = await tx.oidcAccount.findUnique({
    where: { issuer_subject: { issuer, subject } },
    include: { user: true },
  });
  return found?.user;
}

async function makeAccount(
  tx: Tx,
  keys: IdentityKeys,
  { issuer, subject, name }: Vouched,
  { role, partners }: Omit<GroupRole, 'group'>,
): Promise<{ id: string; name: string }> {
  // Nobody knows this password: only the provider lets him in.
  const passwordHash = await hashPassword(randomBytes(32).toString('base64url'), keys.pepper);
  const [made] = await tx.user.createManyAndReturn({
    data: [
      {
        name,
        role,
        partners: namesOf(partners),
        passwordHash,
        passwordOneTime: false,
        createdBy: PROVIDER.name,
      },
    ],
    skipDuplicates: true,
    select: { id: true },
  });
  if (!made)
    throw new IdentityRefused(
      'sign_in_refused',
      `Another account is named "${name}". An admin has to rename one of them.`,
    );
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

async function keepRights(
  tx: Tx,
  user: { id: string; name: string; role: string; partners: string[] },
  { role, partners }: Omit<GroupRole, 'group'>,
): Promise<void> {
  const wanted = namesOf(partners);
  if (user.role === role && wanted.join() === user.partners.join()) return;
  await tx.user.update({ where: { id: user.id }, data: { role, partners: wanted } });
  await recordEvent(tx, {
    actor: PROVIDER,
    action: 'user.changed',
    object: 'user',
    objectId: user.name,
    details: { role, partners, before: { role: user.role, partners: user.partners } },
  });
}
