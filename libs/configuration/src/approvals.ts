import { recordEvent } from '#audit';
import type { Actor } from '#domain';
import {
  type ApprovalRecord,
  type ApprovalSearch,
  type ApprovalToRequest,
  decideApproval,
  findApproval,
  insertApproval,
  lockApproval,
  type Page,
  type Scope,
  type Store,
  searchApprovals,
  type Tx,
} from '#store';
import { ConfigurationRefused } from './configuration-refused.ts';

/** Who changes something, and how far he reaches; an `Identity` is one. */
export type Author = Scope & { readonly actor: Actor };

/** Makes what was approved take effect, in the transaction of the approval: it throws, and nothing was approved. */
export type Perform = (tx: Tx, approval: ApprovalRecord, approvedBy: Author) => Promise<void>;

/**
 * Four eyes. Whoever changes something dangerous asks `required`, and instead of changing it leaves a request here under a
 * kind of its own; what that kind does when a second person has approved is told once, by `register`.
 */
export class Approvals {
  readonly #store: Store;
  readonly #performers = new Map<string, Perform>();
  /** WAYBILL_FOUR_EYES=on */
  readonly required: boolean;

  constructor(store: Store, required: boolean) {
    this.#store = store;
    this.required = required;
  }

  register(kind: string, perform: Perform): void {
    if (this.#performers.has(kind)) throw new Error(`Two parts take up approvals of the kind ${kind}.`);
    this.#performers.set(kind, perform);
  }

  /** Nothing takes effect by this. */
  async request(tx: Tx, request: ApprovalToRequest): Promise<ApprovalRecord> {
    if (!this.#performers.has(request.kind)) throw new Error(`Nobody takes up approvals of ${request.kind}.`);
    const approval = await insertApproval(tx, request);
    await recordEvent(tx, {
      actor: request.requestedBy,
      action: 'configuration.approval_requested',
      object: 'configuration',
      objectId: approval.id,
      details: { kind: request.kind, summary: request.summary, changes: request.changes },
    });
    return approval;
  }

  /** @throws ConfigurationRefused `not_found`, `approval_decided`, `second_person_required`, and what its kind refuses */
  approve(author: Author, id: string, note: string): Promise<ApprovalRecord> {
    return this.#store.transaction(async (tx) => {
      const approval = await this.#pending(tx, author, id);
      await assertSecondPerson(tx, approval, author.actor);
      const perform = this.#performers.get(approval.kind);
      if (!perform)
        throw new ConfigurationRefused('unavailable', `This process cannot do what ${approval.kind} needs.`);
      await perform(tx, approval, author);
      return this.#decide(tx, author, approval, 'approved', note);
    });
  }

  /** Whoever asked may withdraw his request by this. @throws ConfigurationRefused `not_found`, `approval_decided` */
  reject(author: Author, id: string, reason: string): Promise<ApprovalRecord> {
    return this.#store.transaction(async (tx) =>
      this.#decide(tx, author, await this.#pending(tx, author, id), 'rejected', reason),
    );
  }

  /** @throws ConfigurationRefused `not_found` */
  async find(scope: Scope, id: string): Promise<ApprovalRecord> {
    return found(await findApproval(this.#store.db, scope, id), id);
  }

  search(scope: Scope, search: ApprovalSearch): Promise<Page<ApprovalRecord>> {
    return searchApprovals(this.#store.db, scope, search);
  }

  async #pending(tx: Tx, author: Author, id: string): Promise<ApprovalRecord> {
    // Who may not see it does not hold up who may.
    found(await findApproval(tx, author, id), id);
    await lockApproval(tx, id);
    const approval = found(await findApproval(tx, author, id), id);
    if (approval.state !== 'pending')
      throw new ConfigurationRefused(
        'approval_decided',
        `It was ${approval.state} by ${approval.decidedBy?.name} at ${approval.decidedAt?.toISOString()}.`,
      );
    return approval;
  }

  async #decide(
    tx: Tx,
    { actor }: Author,
    { id, kind, requestedBy }: ApprovalRecord,
    state: 'approved' | 'rejected',
    note: string,
  ): Promise<ApprovalRecord> {
    await recordEvent(tx, {
      actor,
      action: `configuration.approval_${state === 'approved' ? 'given' : 'refused'}`,
      object: 'configuration',
      objectId: id,
      details: { kind, requestedBy, note },
    });
    return decideApproval(tx, id, { state, decidedBy: actor, note });
  }
}

function found(approval: ApprovalRecord | null, id: string): ApprovalRecord {
  if (!approval) throw new ConfigurationRefused('not_found', `There is no approval ${id}.`);
  return approval;
}

/** One person with two keys is one person: a key made by who asked, or after it was asked for, proves no second one. */
async function assertSecondPerson(tx: Tx, approval: ApprovalRecord, decider: Actor): Promise<void> {
  const { requestedBy, requestedAt } = approval;
  if (decider.kind === requestedBy.kind && decider.name === requestedBy.name)
    throw new ConfigurationRefused(
      'second_person_required',
      'You asked for it yourself: another admin has to approve it. You may reject it, to withdraw it.',
    );
  const key = (actor: Actor) =>
    actor.kind === 'api_key' ? tx.apiKey.findUnique({ where: { name: actor.name } }) : null;
  const asking = await key(requestedBy);
  if (asking && asking.createdBy === decider.name)
    throw new ConfigurationRefused('second_person_required', 'It was asked for with an API key of yours.');
  if (decider.kind !== 'api_key') return;
  const deciding = await key(decider);
  if (!deciding || deciding.createdAt > requestedAt || deciding.createdBy === requestedBy.name)
    throw new ConfigurationRefused(
      'second_person_required',
      'The API key was made after the request, or by who asked: it proves no second person.',
    );
}
