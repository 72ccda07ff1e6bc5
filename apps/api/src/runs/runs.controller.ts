import { Controller, Inject, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { type InputOf, OPERATIONS, type Page, type Run } from '#contract';
import { isFinishedRun } from '#domain';
import type { Identity } from '#identity';
import { findRun, searchRuns } from '#store';
import { type ApiParts, PARTS } from '../api-parts.ts';
import { Exports } from '../exports/exports.ts';
import { ApiProblem } from '../http/api-problem.ts';
import { ClientGone } from '../http/client-gone.ts';
import { Caller, Input, Operation, type WaybillRequest } from '../http/operation.ts';
import { AccessGuard } from '../identity/access.guard.ts';
import { toPage } from '../paging.ts';
import { momentOf } from '../stored-values.ts';
import { ringRun } from './ring-run.ts';
import { toRun } from './run-object.ts';
import { RunWaits } from './run-waits.ts';

@Controller()
export class RunsController {
  readonly #parts: ApiParts;
  readonly #waits: RunWaits;
  readonly #guard: AccessGuard;
  readonly #exports: Exports;

  constructor(
    @Inject(PARTS) parts: ApiParts,
    @Inject(RunWaits) waits: RunWaits,
    @Inject(AccessGuard) guard: AccessGuard,
    @Inject(Exports) exports: Exports,
  ) {
    this.#parts = parts;
    this.#waits = waits;
    this.#guard = guard;
    this.#exports = exports;
  }

  @Operation('listRuns')
  list(@Input() { query }: InputOf<'listRuns'>, @Caller() caller: Identity): Promise<Page<Run>> {
    return this.#search(caller, query);
  }

  // In front of `/runs/{id}`, which would take it for an id.
  @Operation('exportRuns')
  export(
    @Input() { query }: InputOf<'exportRuns'>,
    @Caller() identity: Identity,
    @Req() request: WaybillRequest,
    @Res() response: Response,
  ): Promise<void> {
    const { format, columns, limit, ...filters } = query;
    return this.#exports.serveList({
      operation: 'exportRuns',
      request,
      response,
      identity,
      name: 'waybill-runs',
      format,
      columns,
      limit,
      read: (caller, page) => this.#search(caller, { ...filters, ...page }),
    });
  }

  @Operation('getRun')
  async get(
    @Input() input: InputOf<'getRun'>,
    @Caller() caller: Identity,
    @Req() request: WaybillRequest,
    @ClientGone() gone: AbortSignal,
  ): Promise<Run> {
    const { id } = input.params;
    const run = await this.#find(caller, id);
    if (input.query.wait === undefined || isFinishedRun(run.state)) return run;
    await this.#waits.untilFinished(id, input.query.wait, { request, gone });
    // Half a minute later who asks may be nobody any more, or see less.
    const now = await this.#guard.findStillAllowed(request, OPERATIONS.getRun);
    if (!now)
      throw new ApiProblem('unauthenticated', 'The key or session has ended while the run was waited for.');
    return this.#find(now, id);
  }

  @Operation('cancelRun')
  async cancel(@Input() input: InputOf<'cancelRun'>, @Caller() caller: Identity): Promise<Run> {
    const before = await this.#find(caller, input.params.id);
    if (isFinishedRun(before.state))
      throw new ApiProblem('run_finished', `Run ${before.id} is ${before.state}.`);
    await this.#parts.recorder.cancelRun(before.id, caller.actor, input.body.reason);
    return this.#find(caller, before.id);
  }

  @Operation('rerunRun')
  async rerun(@Input() input: InputOf<'rerunRun'>, @Caller() caller: Identity): Promise<Run> {
    const { id } = await this.#find(caller, input.params.id);
    const made = await this.#parts.recorder.rerunRun({
      runId: id,
      requestedBy: caller.actor,
      idempotencyKey: input.headers['idempotency-key'],
    });
    if (!made) throw new ApiProblem('not_found', `There is no run ${id}.`);
    if (made.ring) await ringRun(this.#parts, made.run);
    const run = await this.#find(caller, made.run.id);
    return input.headers['idempotency-key'] === undefined
      ? run
      : this.#parts.recorder.keepAnswer(made.run.id, run);
  }

  #search(caller: Identity, query: InputOf<'listRuns'>['query']): Promise<Page<Run>> {
    const search = { ...query, since: momentOf(query.since), until: momentOf(query.until) };
    return toPage(searchRuns(this.#parts.store.db, caller, search), toRun);
  }

  async #find(caller: Identity, id: string): Promise<Run> {
    const run = await findRun(this.#parts.store.db, caller, id);
    if (!run) throw new ApiProblem('not_found', `There is no run ${id}.`);
    return toRun(run);
  }
}
