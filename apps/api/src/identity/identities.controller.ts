import { Controller, Inject, Res } from '@nestjs/common';
import type { Response } from 'express';
import type {
  Approval,
  InputOf,
  KeyObject,
  KeyWithSecret,
  Page,
  SessionObject,
  UserObject,
  UserWithPassword,
} from '#contract';
import { API_PREFIX } from '#contract';
import {
  type ApiKeyEntry,
  type ApiKeyRequest,
  createApiKey,
  createUser,
  endSession,
  findUser,
  type Identity,
  type IdentityKeys,
  listApiKeys,
  listSessions,
  listUsers,
  type Reach,
  resetUser,
  revokeApiKey,
  type SessionEntry,
  type UserEntry,
} from '#identity';
import { type ApprovalRecord, findPersonBehind, pageByName } from '#store';
import { type ApiParts, PARTS } from '../api-parts.ts';
import { toApproval } from '../configuration/approval-object.ts';
import { ApiProblem } from '../http/api-problem.ts';
import { Caller, Input, Operation } from '../http/operation.ts';
import { toPage } from '../paging.ts';
import { instantOrNull } from '../stored-values.ts';
import { IDENTITY_KEYS, isWholeAdmin } from './access.guard.ts';
import { askForKey, takeUpKeyApprovals } from './key-approvals.ts';
import { assertResettable, changeOrAsk, takeUpRoleApprovals } from './role-approvals.ts';

/** Who there is: users, API keys, and the sessions that are open. */
@Controller()
export class IdentitiesController {
  readonly #parts: ApiParts;
  readonly #keys: IdentityKeys;

  constructor(@Inject(PARTS) parts: ApiParts, @Inject(IDENTITY_KEYS) keys: IdentityKeys) {
    this.#parts = parts;
    this.#keys = keys;
    takeUpRoleApprovals(parts.configuration.approvals);
    takeUpKeyApprovals(parts.configuration.approvals);
  }

  @Operation('listUsers')
  users(@Input() input: InputOf<'listUsers'>): Promise<Page<UserObject>> {
    const found = pageByName('user', input.query, (query) => listUsers(this.#parts.store.db, query));
    return toPage(found, toUser);
  }

  @Operation('createUser')
  async createUser(
    @Input() input: InputOf<'createUser'>,
    @Caller() caller: Identity,
  ): Promise<UserWithPassword> {
    if (this.#parts.configuration.approvals.required && input.body.role !== 'viewer')
      throw new ApiProblem(
        'second_person_required',
        'Make a viewer, and then change the role: another admin has to approve that.',
      );
    const made = await createUser(this.#parts.store, this.#keys, input.body, caller.actor);
    return { user: toUser(made.user), password: made.password };
  }

  @Operation('getUser')
  async user(@Input() input: InputOf<'getUser'>): Promise<UserObject> {
    return toUser((await findUser(this.#parts.store.db, input.params.name)) ?? missing('user', input.params));
  }

  @Operation('changeUser')
  async changeUser(
    @Input() input: InputOf<'changeUser'>,
    @Caller() caller: Identity,
    @Res({ passthrough: true }) response: Response,
  ): Promise<UserObject | Approval> {
    const { store, configuration } = this.#parts;
    const wanted = { name: input.params.name, change: input.body, caller };
    const outcome = await changeOrAsk(store, configuration.approvals, wanted);
    if (!outcome) return missing('user', input.params);
    if ('user' in outcome) return toUser(outcome.user);
    return this.#accepted(response, outcome.approval);
  }

  @Operation('resetUser')
  async resetUser(
    @Input() input: InputOf<'resetUser'>,
    @Caller() caller: Identity,
  ): Promise<UserWithPassword> {
    const { store, configuration } = this.#parts;
    const target = await findUser(store.db, input.params.name);
    // A session that was left open, or a key that it makes, must not become the account.
    if (target && (await findPersonBehind(store.db, caller.actor)) === `user ${target.name}`)
      throw new ApiProblem(
        'own_account',
        'Choose another password by POST /me/password. Who has lost his asks another admin, or on the machine: waybill user reset.',
      );
    const options = {
      actor: caller.actor,
      secondFactor: input.body.secondFactor,
      ...(configuration.approvals.required && { assertAllowed: assertResettable }),
    };
    const made = await resetUser(store, this.#keys, input.params.name, options);
    if (!made) return missing('user', input.params);
    return { user: toUser(made.user), password: made.password };
  }

  @Operation('listKeys')
  keys(@Input() input: InputOf<'listKeys'>): Promise<Page<KeyObject>> {
    const found = pageByName('api_key', input.query, (query) => listApiKeys(this.#parts.store.db, query));
    return toPage(found, toKey);
  }

  @Operation('createKey')
  async createKey(
    @Input() input: InputOf<'createKey'>,
    @Caller() caller: Identity,
    @Res({ passthrough: true }) response: Response,
  ): Promise<KeyWithSecret | { approval: Approval; key: string }> {
    const { store, configuration } = this.#parts;
    const { expiresAt, ...wanted } = input.body;
    const request: ApiKeyRequest = {
      ...wanted,
      actor: caller.actor,
      ...(expiresAt !== null && { expiresAt: new Date(expiresAt) }),
    };
    if (configuration.approvals.required && wanted.role !== 'viewer') {
      const { approval, key } = await askForKey(store, configuration.approvals, this.#keys, request);
      return { approval: this.#accepted(response, approval), key };
    }
    const { entry, key } = await createApiKey(store, this.#keys, request);
    return { entry: toKey(entry), key };
  }

  @Operation('revokeKey')
  async revokeKey(@Input() input: InputOf<'revokeKey'>, @Caller() caller: Identity): Promise<void> {
    if (!(await revokeApiKey(this.#parts.store, input.params.name, caller.actor)))
      missing('live key', input.params);
  }

  @Operation('listSessions')
  async sessions(
    @Input() input: InputOf<'listSessions'>,
    @Caller() caller: Identity,
  ): Promise<Page<SessionObject>> {
    const { session } = caller;
    const of = isWholeAdmin(caller) ? undefined : session?.userId;
    // A program has none.
    if (!isWholeAdmin(caller) && of === undefined) return { items: [], nextCursor: null };
    const found = listSessions(this.#parts.store.db, { ...input.query, of });
    return toPage(found, (entry) => toSession(entry, session?.id));
  }

  @Operation('endSession')
  async endSession(@Input() input: InputOf<'endSession'>, @Caller() caller: Identity): Promise<void> {
    const { id } = input.params;
    const of = isWholeAdmin(caller) ? undefined : caller.session?.userId;
    if (!(await endSession(this.#parts.store, id, { actor: caller.actor, of })))
      throw new ApiProblem('not_found', `There is no live session ${id}.`);
  }

  #accepted(response: Response, approval: ApprovalRecord): Approval {
    response.status(202).setHeader('Location', `${API_PREFIX}/approvals/${approval.id}`);
    return toApproval(approval);
  }
}

function missing(what: string, { name }: { name: string }): never {
  throw new ApiProblem('not_found', `There is no ${what} "${name}".`);
}

function listed(reach: Reach): 'all' | string[] {
  return reach === 'all' ? 'all' : [...reach];
}

function toUser({ createdAt, lastSignInAt, partners, ...user }: UserEntry): UserObject {
  return {
    ...user,
    partners: listed(partners),
    createdAt: createdAt.toISOString(),
    lastSignInAt: instantOrNull(lastSignInAt),
  };
}

function toKey(key: ApiKeyEntry): KeyObject {
  const { name, role, createdBy, person, stopped } = key;
  return {
    name,
    role,
    partners: listed(key.partners),
    routes: listed(key.routes),
    createdAt: key.createdAt.toISOString(),
    createdBy,
    person,
    stopped,
    lastUsedAt: instantOrNull(key.lastUsedAt),
    expiresAt: instantOrNull(key.expiresAt),
    revokedAt: instantOrNull(key.revokedAt),
  };
}

function toSession(entry: SessionEntry, current: string | undefined): SessionObject {
  const { id, user, address, client } = entry;
  return {
    id,
    user,
    address,
    client,
    createdAt: entry.createdAt.toISOString(),
    lastSeenAt: entry.lastSeenAt.toISOString(),
    expiresAt: entry.expiresAt.toISOString(),
    current: id === current,
  };
}
