import { Controller, Inject, Res } from '@nestjs/common';
import type { Response } from 'express';
import type { SecretOutcome } from '#configuration';
import { API_PREFIX, type Approval, type InputOf, type Page, type SecretObject } from '#contract';
import type { Identity } from '#identity';
import { type ApprovalRecord, type SecretEntry, searchSecrets } from '#store';
import { type ApiParts, PARTS } from '../api-parts.ts';
import { toApproval } from '../configuration/approval-object.ts';
import { Caller, Input, Operation } from '../http/operation.ts';
import { toPage } from '../paging.ts';

const DAY_MS = 24 * 60 * 60_000;

/** This process has the public key and no other: it writes secrets, and cannot read one. */
@Controller()
export class SecretsController {
  readonly #parts: ApiParts;

  constructor(@Inject(PARTS) parts: ApiParts) {
    this.#parts = parts;
  }

  @Operation('listSecrets')
  async list(@Input() input: InputOf<'listSecrets'>): Promise<Page<SecretObject>> {
    const now = await this.#parts.store.now();
    return toPage(searchSecrets(this.#parts.store.db, input.query), (row) => toSecret(row, now));
  }

  @Operation('setSecret')
  async set(
    @Input() { params, body }: InputOf<'setSecret'>,
    @Caller() caller: Identity,
    @Res({ passthrough: true }) response: Response,
  ): Promise<SecretObject | Approval> {
    const { secrets } = this.#parts.configuration;
    return this.#answer(await secrets.set(caller, { name: params.name, ...body }), response);
  }

  @Operation('changeSecret')
  async change(
    @Input() { params, body }: InputOf<'changeSecret'>,
    @Caller() caller: Identity,
    @Res({ passthrough: true }) response: Response,
  ): Promise<SecretObject | Approval> {
    const { secrets } = this.#parts.configuration;
    return this.#answer(await secrets.assign(caller, params.name, body.partner), response);
  }

  @Operation('deleteSecret')
  async delete(
    @Input() { params }: InputOf<'deleteSecret'>,
    @Caller() caller: Identity,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Approval | undefined> {
    const outcome = await this.#parts.configuration.secrets.delete(caller, params.name);
    return outcome.state === 'pending' ? waits(outcome.approval, response) : undefined;
  }

  async #answer(
    outcome: SecretOutcome<{ secret: SecretEntry }>,
    response: Response,
  ): Promise<SecretObject | Approval> {
    if (outcome.state === 'pending') return waits(outcome.approval, response);
    return toSecret(outcome.secret, await this.#parts.store.now());
  }
}

function waits(approval: ApprovalRecord, response: Response): Approval {
  response.status(202).setHeader('Location', `${API_PREFIX}/approvals/${approval.id}`);
  return toApproval(approval);
}

function toSecret({ createdAt, updatedAt, ...row }: SecretEntry, now: Date): SecretObject {
  return {
    ...row,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
    ageDays: Math.max(0, Math.floor((now.getTime() - updatedAt.getTime()) / DAY_MS)),
  };
}
