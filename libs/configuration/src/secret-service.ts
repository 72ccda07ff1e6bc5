import type { Actor } from '#domain';
import {
  type ApprovalRecord,
  currentSealingKey,
  findSecret,
  isSealingKeyLive,
  lockConfiguration,
  nextSecretVersion,
  SECRET_APPROVAL,
  type SecretEntry,
  type Store,
  type Tx,
} from '#store';
import type { Approvals, Author } from './approvals.ts';
import { ConfigurationRefused } from './configuration-refused.ts';
import { readPayload, tagOf, type WantedSecret, writePayload } from './pending-secrets.ts';
import { assertPartner, assertUnused, assertUsersAre, assign, erase, seal, write } from './secret-writes.ts';

export interface SecretToSet {
  name: string;
  value: string;
  /** Whose endpoints may refer to it; null: those of the whole installation. Absent: as it was. */
  partner?: string | null | undefined;
}

/** It took effect, or it waits for a second person and nothing has changed. */
export type SecretOutcome<Done> =
  | ({ state: 'applied' } & Done)
  | { state: 'pending'; approval: ApprovalRecord };

/**
 * Sets and deletes secrets, at once or when a second person has approved it. What is set is sealed before it reaches the
 * database: whoever works here has the public key and no other.
 */
export class SecretService {
  readonly #store: Store;
  readonly #approvals: Approvals;

  constructor(store: Store, approvals: Approvals) {
    this.#store = store;
    this.#approvals = approvals;
    approvals.register(SECRET_APPROVAL, (tx, approval) => takeEffect(tx, approval));
  }

  /** @throws ConfigurationRefused `no_sealing_key`, `in_use`, `invalid_request` */
  set({ actor }: Author, wanted: SecretToSet): Promise<SecretOutcome<{ secret: SecretEntry }>> {
    return this.#store.transaction(async (tx) => {
      await lockConfiguration(tx);
      const before = await findSecret(tx, wanted.name);
      const partner = wanted.partner === undefined ? (before?.partner ?? null) : wanted.partner;
      await assertPartner(tx, partner);
      await assertUsersAre(tx, wanted.name, partner);
      const sealed = await seal(tx, wanted);
      if (!this.#approvals.required)
        return { state: 'applied', secret: await write(tx, sealed, partner, { actor }) };
      return {
        state: 'pending',
        approval: await this.#ask(tx, actor, before, { name: wanted.name, sealed, partner }),
      };
    });
  }

  /**
   * Says whose it is, whatever its value.
   * @throws ConfigurationRefused `not_found`, `in_use`, `invalid_request`
   */
  assign(
    { actor }: Author,
    name: string,
    partner: string | null,
  ): Promise<SecretOutcome<{ secret: SecretEntry }>> {
    return this.#store.transaction(async (tx) => {
      await lockConfiguration(tx);
      const before = await findOrRefuse(tx, name);
      await assertPartner(tx, partner);
      await assertUsersAre(tx, name, partner);
      if (before.partner === partner) return { state: 'applied', secret: before };
      if (!this.#approvals.required)
        return { state: 'applied', secret: await assign(tx, name, partner, { actor }) };
      const after = { name, sealed: undefined, partner };
      return { state: 'pending', approval: await this.#ask(tx, actor, before, after) };
    });
  }

  /** @throws ConfigurationRefused `not_found`, `in_use` */
  delete({ actor }: Author, name: string): Promise<SecretOutcome<object>> {
    return this.#store.transaction(async (tx) => {
      await lockConfiguration(tx);
      const before = await findOrRefuse(tx, name);
      await assertUnused(tx, name);
      if (this.#approvals.required)
        return { state: 'pending', approval: await this.#ask(tx, actor, before, undefined) };
      await erase(tx, name, { actor });
      return { state: 'applied' };
    });
  }

  /** @param after undefined: it is to be deleted */
  #ask(
    tx: Tx,
    actor: Actor,
    before: SecretEntry | undefined,
    after: WantedSecret | undefined,
  ): Promise<ApprovalRecord> {
    const name = after?.name ?? before!.name;
    const kind = after ? (before ? 'change' : 'create') : 'delete';
    const fields = [
      ...(after && !after.sealed
        ? []
        : [{ path: 'version', before: before?.version, after: after?.sealed?.version }]),
      ...(after && after.partner !== (before?.partner ?? null)
        ? [{ path: 'partner', before: before?.partner ?? undefined, after: after.partner ?? undefined }]
        : []),
    ];
    return this.#approvals.request(tx, {
      kind: SECRET_APPROVAL,
      requestedBy: actor,
      // Secrets are administered by who reaches everything.
      partners: [],
      summary: `${kind} the secret "${name}"`,
      changes: [{ kind, noun: 'secret', name, fields }],
      payload: writePayload(name, before, after),
    });
  }
}

/**
 * At once, whatever the policy: for the demo and for tests, where no second person could be asked.
 * @throws ConfigurationRefused `no_sealing_key`
 */
export function storeSecret(store: Store, actor: Actor, name: string, value: string): Promise<SecretEntry> {
  return store.transaction(async (tx) => {
    await lockConfiguration(tx);
    const partner = (await findSecret(tx, name))?.partner ?? null;
    return write(tx, await seal(tx, { name, value }), partner, { actor });
  });
}

/** What was asked for, exactly, if the secret is still what it was then. */
async function takeEffect(tx: Tx, approval: ApprovalRecord): Promise<void> {
  await lockConfiguration(tx);
  const { name, tag, after } = readPayload(approval);
  if (tagOf(await findSecret(tx, name)) !== tag)
    throw outdated(`The secret "${name}" has changed since it was asked for.`);
  const because = { actor: approval.requestedBy, approvalId: approval.id };
  if (!after) {
    await assertUnused(tx, name);
    return erase(tx, name, because);
  }
  const { sealed, partner } = after;
  if (partner !== null && (await tx.partner.count({ where: { name: partner } })) === 0)
    throw outdated(`There is no partner "${partner}" any more.`);
  await assertUsersAre(tx, name, partner);
  if (!sealed) {
    await assign(tx, name, partner, because);
    return;
  }
  // As long as the transaction lasts, no key is retired.
  await currentSealingKey(tx);
  if (sealed.keyId === null || !(await isSealingKeyLive(tx, sealed.keyId)))
    throw outdated('The key that it was sealed to is gone: nobody could open it.');
  await nextSecretVersion(tx, name);
  await write(tx, sealed, partner, because);
}

async function findOrRefuse(tx: Tx, name: string): Promise<SecretEntry> {
  const secret = await findSecret(tx, name);
  if (!secret) throw new ConfigurationRefused('not_found', `There is no secret "${name}".`);
  return secret;
}

function outdated(detail: string): ConfigurationRefused {
  return new ConfigurationRefused('approval_outdated', `${detail} Reject it, and ask anew.`);
}
