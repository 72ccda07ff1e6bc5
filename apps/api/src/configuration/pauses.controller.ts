import { Controller, Inject } from '@nestjs/common';
import type { Pausable } from '#audit';
import type { InputOf, PausableEndpoint, RouteObject } from '#contract';
import type { Identity } from '#identity';
import { type ApiParts, PARTS } from '../api-parts.ts';
import { ApiProblem } from '../http/api-problem.ts';
import { Caller, Input, Operation } from '../http/operation.ts';
import { ringRun } from '../runs/ring-run.ts';
import { findEndpoint, findRoute } from './configuration.queries.ts';

/** Routes and endpoints are put to rest here; the workers read it with every claim. */
@Controller()
export class PausesController {
  readonly #parts: ApiParts;

  constructor(@Inject(PARTS) parts: ApiParts) {
    this.#parts = parts;
  }

  @Operation('pauseRoute')
  async pauseRoute(@Input() input: InputOf<'pauseRoute'>, @Caller() caller: Identity): Promise<RouteObject> {
    const what = { object: 'route', name: input.params.name } as const;
    await this.#pause(what, caller, input.body.reason);
    return this.#route(what);
  }

  @Operation('resumeRoute')
  async resumeRoute(
    @Input() input: InputOf<'resumeRoute'>,
    @Caller() caller: Identity,
  ): Promise<RouteObject> {
    const what = { object: 'route', name: input.params.name } as const;
    await this.#resume(what, caller, input.body.reason);
    return this.#route(what);
  }

  @Operation('pauseEndpoint')
  async pauseEndpoint(
    @Input() input: InputOf<'pauseEndpoint'>,
    @Caller() caller: Identity,
  ): Promise<PausableEndpoint> {
    const what = { object: 'endpoint', name: input.params.name } as const;
    await this.#pause(what, caller, input.body.reason);
    return this.#endpoint(what);
  }

  @Operation('resumeEndpoint')
  async resumeEndpoint(
    @Input() input: InputOf<'resumeEndpoint'>,
    @Caller() caller: Identity,
  ): Promise<PausableEndpoint> {
    const what = { object: 'endpoint', name: input.params.name } as const;
    await this.#resume(what, caller, input.body.reason);
    return this.#endpoint(what);
  }

  async #pause(what: Pausable, caller: Identity, reason: string): Promise<void> {
    if (!(await this.#parts.recorder.pause(what, caller.actor, reason))) throw missing(what);
  }

  async #resume(what: Pausable, caller: Identity, reason: string): Promise<void> {
    const waiting = await this.#parts.recorder.resume(what, caller.actor, reason);
    if (!waiting) throw missing(what);
    for (const run of waiting) await ringRun(this.#parts, run);
  }

  async #route(what: Pausable): Promise<RouteObject> {
    const route = await findRoute(this.#parts.store, what.name);
    if (!route) throw missing(what);
    return route;
  }

  async #endpoint(what: Pausable): Promise<PausableEndpoint> {
    const endpoint = await findEndpoint(this.#parts.store, what.name);
    if (!endpoint) throw missing(what);
    return endpoint;
  }
}

function missing({ object, name }: Pausable): ApiProblem {
  return new ApiProblem(
    'not_found',
    `There is no ${object} "${name}". \`waybill export\` lists the ${object}s.`,
  );
}
