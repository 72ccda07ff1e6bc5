import { Controller, Inject } from '@nestjs/common';
import type { Attempt, InputOf, Page, Transfer } from '#contract';
import type { Identity } from '#identity';
import { type ApiParts, PARTS } from '../api-parts.ts';
import { ApiProblem } from '../http/api-problem.ts';
import { Caller, Input, Operation } from '../http/operation.ts';
import { ringRun } from '../runs/ring-run.ts';
import { listAttempts, readTranscript } from './attempts.queries.ts';
import { findTransfer, listTransfers } from './transfers.queries.ts';

@Controller()
export class TransfersController {
  readonly #parts: ApiParts;

  constructor(@Inject(PARTS) parts: ApiParts) {
    this.#parts = parts;
  }

  @Operation('listTransfers')
  list(@Input() input: InputOf<'listTransfers'>): Promise<Page<Transfer>> {
    return listTransfers(this.#parts.store, input.query);
  }

  @Operation('getTransfer')
  async get(@Input() input: Pick<InputOf<'getTransfer'>, 'params'>): Promise<Transfer> {
    const transfer = await findTransfer(this.#parts.store, input.params.id);
    if (!transfer) throw new ApiProblem('not_found', `There is no transfer ${input.params.id}.`);
    return transfer;
  }

  @Operation('resolveTransfer')
  async resolve(@Input() input: InputOf<'resolveTransfer'>, @Caller() caller: Identity): Promise<Transfer> {
    const { id } = input.params;
    const resolved = await this.#parts.recorder.resolveTransfer(id, caller.actor, input.body);
    if (!resolved) throw new ApiProblem('not_found', `There is no transfer ${id}.`);
    if (resolved.ring) await ringRun(this.#parts, resolved.ring);
    return this.get({ params: { id } });
  }

  @Operation('listAttempts')
  async attempts(@Input() input: InputOf<'listAttempts'>): Promise<Page<Attempt>> {
    const items = await listAttempts(this.#parts.store, input.params.id);
    if (items.length === 0 && !(await findTransfer(this.#parts.store, input.params.id)))
      throw new ApiProblem('not_found', `There is no transfer ${input.params.id}.`);
    return { items, nextCursor: null };
  }

  @Operation('getTranscript')
  async transcript(@Input() input: InputOf<'getTranscript'>): Promise<string> {
    const text = await readTranscript(this.#parts.store, input.params.id);
    if (text === undefined)
      throw new ApiProblem('not_found', `There is no attempt ${input.params.id} with a transcript.`);
    return text;
  }
}
