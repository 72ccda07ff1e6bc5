import { recordEvent } from '#audit';
import type { Actor } from '#domain';
import {
  type ApprovalRecord,
  type ApprovalSearch,
  type ApprovalToRequest,
  decideApproval,
  EVERYTHING,
  findApproval,
  insertApproval,
  lockApproval,
  type Page,
  type Scope,
  type Store,
  searchApprovals,
  type Tx,
} from '#store';
import { assertSecondPerson, assertStillAsked } from './approving-persons.ts';
import { ConfigurationRefused } from './configuration-refused.ts';

/** Who changes something, and how far he reaches; an `Identity` is one. */
export type Author = Scope & { readonly actor: Actor };

/** Makes what was approved take effect, in the transaction of the approval: it throws, and nothing was approved. */
export type Perform = (tx: Tx, approval: ApprovalRecord, approvedBy: Author) => Promise<void>;

/** Asks what takes its time, such as name servers, before anything is locked. */
export type Prepare = (approval: ApprovalRecord) => Promise<Perform>;

/** Who may ask for it: admins who reach what it concerns, and they still have to be when it is approved. */
type AskedBy = 'admins' | 'anybody';

/**
 * Four eyes. Whoever changes something dangerous asks `required`, and instead of changing it leaves a request here under a
 * kind of its own; what that kind does when a second person has approved is told once, by `register`.
 */
export class Approvals {
  readonly #store: Store;
  readonly #performers = new Map<string, { prepare: Prepare; askedBy: AskedBy }>();
  /** WAYBILL_FOUR_EYES=on */
  readonly required: boolean;

  constructor(store: Store, required: boolean) {
    this.#store = store;
    this.required = required;
  }

  register(kind: string, perform: Perform, who?: { askedBy: AskedBy }): void {
    this.registerPrepared(kind, async () => perform, who);
  }

  registerPrepared(
    kind: string,
    prepare: Prepare,
    { askedBy }: { askedBy: AskedBy } = { askedBy: 'admins' },
  ): void {
    if (this.#performers.has(kind)) throw new Error(`Two parts take up approvals of the kind ${kind}.`);
    this.#performers.set(kind, { prepare, askedBy });
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
  async approve(author: Author, id: string, note: string): Promise<ApprovalRecord> {
    const { db } = this.#store;
    const asked = found(await findApproval(db, author, id), id);
    assertPending(asked);
    await assertSecondPerson(db, asked, author.actor);
    const performer = this.#performers.get(asked.kind);
    if (!performer)
      throw new ConfigurationRefused('unavailable', `This process cannot do what ${asked.kind} needs.`);
    const perform = await performer.prepare(asked);
    return this.#store.transaction(async (tx) => {
      const approval = await this.#pending(tx, author, id);
      await assertSecondPerson(tx, approval, author.actor);
      await assertStillAsked(tx, approval, performer.askedBy);
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

  /** In the caller's transaction: what was asked for does not hold any more. What is decided stays so. */
  async withdraw(tx: Tx, id: string, actor: Actor, reason: string): Promise<void> {
    await lockApproval(tx, id);
    const approval = await findApproval(tx, EVERYTHING, id);
    if (approval?.state === 'pending')
      await this.#decide(tx, { ...EVERYTHING, actor }, approval, 'rejected', reason);
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
    assertPending(approval);
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

function assertPending({ state, decidedBy, decidedAt }: ApprovalRecord): void {
  if (state === 'pending') return;
  throw new ConfigurationRefused(
    'approval_decided',
    `It was ${state} by ${decidedBy?.name} at ${decidedAt?.toISOString()}.`,
  );
}

function found(approval: ApprovalRecord | null, id: string): ApprovalRecord {
  if (!approval) throw new ConfigurationRefused('not_found', `There is no approval ${id}.`);
  return approval;
}
