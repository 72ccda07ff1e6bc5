import { Controller, Inject } from '@nestjs/common';
import type { InputOf, Page, SecretObject } from '#contract';
import type { Identity } from '#identity';
import { type SecretEntry, searchSecrets } from '#store';
import { type ApiParts, PARTS } from '../api-parts.ts';
import { ApiProblem } from '../http/api-problem.ts';
import { Caller, Input, Operation } from '../http/operation.ts';
import { toPage } from '../paging.ts';
import { NoSealingKey, removeSecret, SecretInUse, storeSecret } from './store-secret.ts';

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
  async set(@Input() input: InputOf<'setSecret'>, @Caller() caller: Identity): Promise<SecretObject> {
    const { store } = this.#parts;
    try {
      const row = await storeSecret(store, caller.actor, input.params.name, input.body.value);
      return toSecret(row, await store.now());
    } catch (error) {
      if (error instanceof NoSealingKey) throw new ApiProblem('no_sealing_key', error.message);
      throw error;
    }
  }

  @Operation('deleteSecret')
  async delete(@Input() input: InputOf<'deleteSecret'>, @Caller() caller: Identity): Promise<void> {
    const { name } = input.params;
    try {
      if (await removeSecret(this.#parts.store, caller.actor, name)) return;
    } catch (error) {
      if (error instanceof SecretInUse) throw new ApiProblem('in_use', error.message);
      throw error;
    }
    throw new ApiProblem('not_found', `There is no secret "${name}".`);
  }
}

function toSecret({ createdAt, updatedAt, ...row }: SecretEntry, now: Date): SecretObject {
  return {
    ...row,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
    ageDays: Math.max(0, Math.floor((now.getTime() - updatedAt.getTime()) / DAY_MS)),
  };
}
