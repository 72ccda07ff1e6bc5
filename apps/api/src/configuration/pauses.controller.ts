import { Controller, Inject } from '@nestjs/common';
import type { Pausable } from '#audit';
import type { InputOf, PausableEndpoint, RouteObject } from '#contract';
import type { Identity } from '#identity';
import { findEndpoint, findRoute } from '#store';
import { type ApiParts, PARTS } from '../api-parts.ts';
import { demandOwnEndpoint } from '../endpoints/own-endpoint.ts';
import { ApiProblem } from '../http/api-problem.ts';
import { Caller, Input, Operation } from '../http/operation.ts';
import { ringRun } from '../runs/ring-run.ts';
import { toEndpoint, toRoute } from './configuration-objects.ts';

/** Routes and endpoints are put to rest here; the workers read it with every claim. */
@Controller()
export class PausesController {
  readonly #parts: ApiParts;

  constructor(@Inject(PARTS) parts: ApiParts) {
    this.#parts = parts;
  }

  @Operation('pauseRoute')
  async pauseRoute(@Input() input: InputOf<'pauseRoute'>, @Caller() caller: Identity): Promise<RouteObject> {
    const { name } = input.params;
    await this.#route(name, caller);
    await this.#pause({ object: 'route', name }, caller, input.body.reason);
    return this.#route(name, caller);
  }

  @Operation('resumeRoute')
  async resumeRoute(
    @Input() input: InputOf<'resumeRoute'>,
    @Caller() caller: Identity,
  ): Promise<RouteObject> {
    const { name } = input.params;
    await this.#route(name, caller);
    await this.#resume({ object: 'route', name }, caller, input.body.reason);
    return this.#route(name, caller);
  }

  @Operation('pauseEndpoint')
  async pauseEndpoint(
    @Input() input: InputOf<'pauseEndpoint'>,
    @Caller() caller: Identity,
  ): Promise<PausableEndpoint> {
    const { name } = input.params;
    await demandOwnEndpoint(this.#parts, caller, name);
    await this.#pause({ object: 'endpoint', name }, caller, input.body.reason);
    return this.#endpoint(name, caller);
  }

  @Operation('resumeEndpoint')
  async resumeEndpoint(
    @Input() input: InputOf<'resumeEndpoint'>,
    @Caller() caller: Identity,
  ): Promise<PausableEndpoint> {
    const { name } = input.params;
    await demandOwnEndpoint(this.#parts, caller, name);
    await this.#resume({ object: 'endpoint', name }, caller, input.body.reason);
    return this.#endpoint(name, caller);
  }

  async #pause(what: Pausable, caller: Identity, reason: string): Promise<void> {
    if (!(await this.#parts.recorder.pause(what, caller.actor, reason))) throw missing(what);
  }

  async #resume(what: Pausable, caller: Identity, reason: string): Promise<void> {
    const waiting = await this.#parts.recorder.resume(what, caller.actor, reason);
    if (!waiting) throw missing(what);
    for (const run of waiting) await ringRun(this.#parts, run);
  }

  async #route(name: string, caller: Identity): Promise<RouteObject> {
    const route = await findRoute(this.#parts.store.db, caller, name);
    if (!route) throw missing({ object: 'route', name });
    return toRoute(route);
  }

  async #endpoint(name: string, caller: Identity): Promise<PausableEndpoint> {
    const endpoint = await findEndpoint(this.#parts.store.db, caller, name);
    if (!endpoint) throw missing({ object: 'endpoint', name });
    return toEndpoint(endpoint);
  }
}

function missing({ object, name }: Pausable): ApiProblem {
  return new ApiProblem(
    'not_found',
    `There is no ${object} "${name}". \`waybill export\` lists the ${object}s.`,
  );
}
