import { Controller, Inject } from '@nestjs/common';
import type { InputOf, Page, Run } from '#contract';
import { isFinishedRun } from '#domain';
import type { Identity } from '#identity';
import { type ApiParts, PARTS } from '../api-parts.ts';
import { ApiProblem } from '../http/api-problem.ts';
import { Caller, Input, Operation } from '../http/operation.ts';
import { ringRun } from './ring-run.ts';
import { findRun, listRuns, queuedRun } from './runs.queries.ts';

@Controller()
export class RunsController {
  readonly #parts: ApiParts;

  constructor(@Inject(PARTS) parts: ApiParts) {
    this.#parts = parts;
  }

  @Operation('triggerRun')
  async trigger(@Input() input: InputOf<'triggerRun'>, @Caller() caller: Identity): Promise<Run> {
    refuseParameters(input.body.parameters, input.params.name);
    const request = {
      routeName: input.params.name,
      trigger: 'api' as const,
      requestedBy: caller.actor,
      idempotencyKey: input.headers['idempotency-key'],
    };
    const { run, created } = await this.#parts.recorder.createRun(request);
    if (!created) return this.#find(run.id);
    // Committed is accepted; whether the queue hears it now or the sweep later, the caller has nothing to wait for.
    void ringRun(this.#parts, run);
    return queuedRun(run, request);
  }

  @Operation('listRuns')
  list(@Input() input: InputOf<'listRuns'>): Promise<Page<Run>> {
    return listRuns(this.#parts.store, input.query);
  }

  @Operation('getRun')
  get(@Input() input: InputOf<'getRun'>): Promise<Run> {
    return this.#find(input.params.id);
  }

  @Operation('cancelRun')
  async cancel(@Input() input: InputOf<'cancelRun'>, @Caller() caller: Identity): Promise<Run> {
    const before = await this.#find(input.params.id);
    if (isFinishedRun(before.state))
      throw new ApiProblem('run_finished', `Run ${before.id} is ${before.state}.`);
    await this.#parts.recorder.cancelRun(before.id, caller.actor, input.body.reason);
    return this.#find(before.id);
  }

  @Operation('rerunRun')
  async rerun(@Input() input: InputOf<'rerunRun'>, @Caller() caller: Identity): Promise<Run> {
    const { id } = input.params;
    const made = await this.#parts.recorder.rerunRun({
      runId: id,
      requestedBy: caller.actor,
      idempotencyKey: input.headers['idempotency-key'],
    });
    if (!made) throw new ApiProblem('not_found', `There is no run ${id}.`);
    if (made.ring) await ringRun(this.#parts, made.run);
    return this.#find(made.run.id);
  }

  async #find(id: string): Promise<Run> {
    const run = await findRun(this.#parts.store, id);
    if (!run) throw new ApiProblem('not_found', `There is no run ${id}.`);
    return run;
  }
}

/** A parameter that nothing reads would move other files than the caller believes. */
function refuseParameters(parameters: Record<string, string>, route: string): void {
  const names = Object.keys(parameters);
  if (names.length === 0) return;
  throw new ApiProblem(
    'invalid_request',
    `Route ${route} declares no parameters.`,
    names.map((name) => ({ path: `body.parameters.${name}`, message: 'not declared by the route' })),
  );
}
