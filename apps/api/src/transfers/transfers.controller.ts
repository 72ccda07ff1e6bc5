import { Controller, Inject, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import type { Attempt, InputOf, Page, Transfer } from '#contract';
import type { Identity } from '#identity';
import { findTransfer, listAttempts, readTranscript, searchTransfers } from '#store';
import { type ApiParts, PARTS } from '../api-parts.ts';
import { Exports } from '../exports/exports.ts';
import { ApiProblem } from '../http/api-problem.ts';
import { Caller, Input, Operation, type WaybillRequest } from '../http/operation.ts';
import { toPage } from '../paging.ts';
import { ringRun } from '../runs/ring-run.ts';
import { momentOf } from '../stored-values.ts';
import { toAttempt } from './attempt-object.ts';
import { toTransfer } from './transfer-object.ts';

@Controller()
export class TransfersController {
  readonly #parts: ApiParts;
  readonly #exports: Exports;

  constructor(@Inject(PARTS) parts: ApiParts, @Inject(Exports) exports: Exports) {
    this.#parts = parts;
    this.#exports = exports;
  }

  @Operation('listTransfers')
  list(@Input() { query }: InputOf<'listTransfers'>, @Caller() caller: Identity): Promise<Page<Transfer>> {
    return this.#search(caller, query);
  }

  // In front of `/transfers/{id}`, which would take it for an id.
  @Operation('exportTransfers')
  export(
    @Input() { query }: InputOf<'exportTransfers'>,
    @Caller() identity: Identity,
    @Req() request: WaybillRequest,
    @Res() response: Response,
  ): Promise<void> {
    const { format, columns, limit, ...filters } = query;
    return this.#exports.serveList({
      operation: 'exportTransfers',
      request,
      response,
      identity,
      name: 'waybill-transfers',
      format,
      columns,
      limit,
      read: (caller, page) => this.#search(caller, { ...filters, ...page }),
    });
  }

  @Operation('getTransfer')
  get(@Input() input: InputOf<'getTransfer'>, @Caller() caller: Identity): Promise<Transfer> {
    return this.#find(caller, input.params.id);
  }

  @Operation('resolveTransfer')
  async resolve(@Input() input: InputOf<'resolveTransfer'>, @Caller() caller: Identity): Promise<Transfer> {
    const { id } = await this.#find(caller, input.params.id);
    const resolved = await this.#parts.recorder.resolveTransfer(id, caller.actor, input.body);
    if (!resolved) throw missing(id);
    if (resolved.ring) await ringRun(this.#parts, resolved.ring);
    return this.#find(caller, id);
  }

  @Operation('listAttempts')
  async attempts(
    @Input() input: InputOf<'listAttempts'>,
    @Caller() caller: Identity,
  ): Promise<Page<Attempt>> {
    const attempts = await listAttempts(this.#parts.store.db, caller, input.params.id);
    if (!attempts) throw missing(input.params.id);
    return { items: attempts.map(toAttempt), nextCursor: null };
  }

  @Operation('getTranscript')
  async transcript(@Input() input: InputOf<'getTranscript'>, @Caller() caller: Identity): Promise<string> {
    const text = await readTranscript(this.#parts.store.db, caller, input.params.id);
    if (text === null)
      throw new ApiProblem('not_found', `There is no attempt ${input.params.id} with a transcript.`);
    return `${text}\n`;
  }

  #search(caller: Identity, query: InputOf<'listTransfers'>['query']): Promise<Page<Transfer>> {
    const search = { ...query, since: momentOf(query.since), until: momentOf(query.until) };
    return toPage(searchTransfers(this.#parts.store.db, caller, search), toTransfer);
  }

  async #find(caller: Identity, id: string): Promise<Transfer> {
    const transfer = await findTransfer(this.#parts.store.db, caller, id);
    if (!transfer) throw missing(id);
    return toTransfer(transfer);
  }
}

function missing(id: string): ApiProblem {
  return new ApiProblem('not_found', `There is no transfer ${id}.`);
}
