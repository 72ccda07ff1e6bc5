import { Controller, Inject, Res } from '@nestjs/common';
import type { Response } from 'express';
import { entityTag, type Outcome } from '#configuration';
import {
  API_PREFIX,
  type Approval,
  type ConfigurationChangeObject,
  type ConfigurationNoun,
  type InputOf,
  type Page,
} from '#contract';
import type { Identity } from '#identity';
import {
  type ConfigurationChangeRecord,
  EVERYTHING,
  findEndpoint,
  findPartner,
  findRoute,
  searchConfigurationChanges,
} from '#store';
import { type ApiParts, PARTS } from '../api-parts.ts';
import { ApiProblem } from '../http/api-problem.ts';
import { Caller, Input, Operation } from '../http/operation.ts';
import { toPage } from '../paging.ts';
import { toApproval } from './approval-object.ts';
import { toEndpoint, toRoute } from './configuration-objects.ts';

/** For headers and status; the answer itself is still what the handler returns. */
const Answer = () => Res({ passthrough: true });

interface Named {
  params: { name: string };
  headers: { 'if-match'?: string | undefined };
}

/** Partners, endpoints and routes change here, by the one service that files and the command line use as well. */
@Controller()
export class ConfigurationWritesController {
  readonly #parts: ApiParts;

  constructor(@Inject(PARTS) parts: ApiParts) {
    this.#parts = parts;
  }

  @Operation('createPartner')
  createPartner(
    @Input() { body }: InputOf<'createPartner'>,
    @Caller() caller: Identity,
    @Answer() response: Response,
  ): Promise<object> {
    return this.#create('partner', body, caller, response);
  }

  @Operation('createEndpoint')
  createEndpoint(
    @Input() { body }: InputOf<'createEndpoint'>,
    @Caller() caller: Identity,
    @Answer() response: Response,
  ): Promise<object> {
    return this.#create('endpoint', body, caller, response);
  }

  @Operation('createRoute')
  createRoute(
    @Input() { body }: InputOf<'createRoute'>,
    @Caller() caller: Identity,
    @Answer() response: Response,
  ): Promise<object> {
    return this.#create('route', body, caller, response);
  }

  @Operation('changePartner')
  changePartner(
    @Input() input: InputOf<'changePartner'>,
    @Caller() caller: Identity,
    @Answer() response: Response,
  ): Promise<object> {
    return this.#change('partner', input, caller, response);
  }

  @Operation('changeEndpoint')
  changeEndpoint(
    @Input() input: InputOf<'changeEndpoint'>,
    @Caller() caller: Identity,
    @Answer() response: Response,
  ): Promise<object> {
    return this.#change('endpoint', input, caller, response);
  }

  @Operation('changeRoute')
  changeRoute(
    @Input() input: InputOf<'changeRoute'>,
    @Caller() caller: Identity,
    @Answer() response: Response,
  ): Promise<object> {
    return this.#change('route', input, caller, response);
  }

  @Operation('deletePartner')
  deletePartner(@Input() input: InputOf<'deletePartner'>, @Caller() caller: Identity): Promise<void> {
    return this.#delete('partner', input, caller);
  }

  @Operation('deleteEndpoint')
  deleteEndpoint(@Input() input: InputOf<'deleteEndpoint'>, @Caller() caller: Identity): Promise<void> {
    return this.#delete('endpoint', input, caller);
  }

  @Operation('deleteRoute')
  deleteRoute(@Input() input: InputOf<'deleteRoute'>, @Caller() caller: Identity): Promise<void> {
    return this.#delete('route', input, caller);
  }

  @Operation('listConfigurationChanges')
  changes(
    @Input() { query }: InputOf<'listConfigurationChanges'>,
    @Caller() caller: Identity,
  ): Promise<Page<ConfigurationChangeObject>> {
    const { since, until, ...search } = query;
    const bounds = {
      since: since === undefined ? undefined : new Date(since),
      until: until === undefined ? undefined : new Date(until),
    };
    const found = searchConfigurationChanges(this.#parts.store.db, caller, { ...search, ...bounds });
    return toPage(found, toChange);
  }

  async #create(
    noun: ConfigurationNoun,
    given: Record<string, unknown>,
    caller: Identity,
    response: Response,
  ): Promise<object> {
    const outcome = await this.#parts.configuration.create(caller, noun, given);
    const name = String(given['name']);
    if (outcome.state === 'applied') response.setHeader('Location', `${API_PREFIX}/${noun}s/${name}`);
    return this.#answer(noun, name, outcome, response);
  }

  async #change(
    noun: ConfigurationNoun,
    { params, headers, body }: Named & { body: Record<string, unknown> },
    caller: Identity,
    response: Response,
  ): Promise<object> {
    const { configuration } = this.#parts;
    const outcome = await configuration.change(caller, noun, params.name, body, headers['if-match']);
    return this.#answer(noun, params.name, outcome, response);
  }

  async #delete(noun: ConfigurationNoun, { params, headers }: Named, caller: Identity): Promise<void> {
    await this.#parts.configuration.delete(caller, noun, params.name, headers['if-match']);
  }

  /** The object as it is now, or the approval it waits for. */
  async #answer(
    noun: ConfigurationNoun,
    name: string,
    outcome: Outcome,
    response: Response,
  ): Promise<object | Approval> {
    if (outcome.state === 'pending') {
      response.status(202).setHeader('Location', `${API_PREFIX}/approvals/${outcome.approval.id}`);
      return toApproval(outcome.approval);
    }
    const { tagged, shown } = await this.#read(noun, name);
    response.setHeader('ETag', entityTag(tagged));
    return shown;
  }

  /** Whoever has just written it may see it. */
  async #read(noun: ConfigurationNoun, name: string) {
    const { db } = this.#parts.store;
    if (noun === 'partner') {
      const partner = await findPartner(db, EVERYTHING, name);
      if (partner) return { tagged: { name }, shown: { name } };
    } else if (noun === 'endpoint') {
      const found = await findEndpoint(db, EVERYTHING, name);
      if (found) return { tagged: found.endpoint, shown: toEndpoint(found) };
    } else {
      const found = await findRoute(db, EVERYTHING, name);
      if (found) return { tagged: found.route, shown: toRoute(found) };
    }
    throw new ApiProblem('not_found', `The ${noun} "${name}" has been deleted meanwhile.`);
  }
}

function toChange({ id, at, ...change }: ConfigurationChangeRecord): ConfigurationChangeObject {
  return {
    ...change,
    id: String(id),
    at: at.toISOString(),
    before: change.before as Record<string, unknown> | null,
    after: change.after as Record<string, unknown> | null,
    fields: [...change.fields],
  };
}
