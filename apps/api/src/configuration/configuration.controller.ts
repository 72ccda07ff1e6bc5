import { Controller, Inject, Res } from '@nestjs/common';
import type { Response } from 'express';
import { entityTag } from '#configuration';
import type { InputOf, Page, PartnerObject, PausableEndpoint, RouteObject } from '#contract';
import type { Identity } from '#identity';
import {
  findEndpoint,
  findPartner,
  findRoute,
  type PartnerRecord,
  searchEndpoints,
  searchPartners,
  searchRoutes,
} from '#store';
import { type ApiParts, PARTS } from '../api-parts.ts';
import { ApiProblem } from '../http/api-problem.ts';
import { Caller, Input, Operation } from '../http/operation.ts';
import { toPage } from '../paging.ts';
import { toEndpoint, toRoute } from './configuration-objects.ts';

/** Partners, endpoints and routes as they are in force. */
@Controller()
export class ConfigurationController {
  readonly #parts: ApiParts;

  constructor(@Inject(PARTS) parts: ApiParts) {
    this.#parts = parts;
  }

  @Operation('listPartners')
  partners(
    @Input() input: InputOf<'listPartners'>,
    @Caller() caller: Identity,
  ): Promise<Page<PartnerObject>> {
    return toPage(searchPartners(this.#parts.store.db, caller, input.query), toPartner);
  }

  @Operation('getPartner')
  async partner(
    @Input() input: InputOf<'getPartner'>,
    @Caller() caller: Identity,
    @Res({ passthrough: true }) response: Response,
  ): Promise<PartnerObject> {
    const { name } = input.params;
    const found = demand(await findPartner(this.#parts.store.db, caller, name), 'partner', name);
    response.setHeader('ETag', entityTag(toPartner(found)));
    return toPartner(found);
  }

  @Operation('listEndpoints')
  endpoints(
    @Input() input: InputOf<'listEndpoints'>,
    @Caller() caller: Identity,
  ): Promise<Page<PausableEndpoint>> {
    return toPage(searchEndpoints(this.#parts.store.db, caller, input.query), toEndpoint);
  }

  @Operation('getEndpoint')
  async endpoint(
    @Input() input: InputOf<'getEndpoint'>,
    @Caller() caller: Identity,
    @Res({ passthrough: true }) response: Response,
  ): Promise<PausableEndpoint> {
    const { name } = input.params;
    const found = demand(await findEndpoint(this.#parts.store.db, caller, name), 'endpoint', name);
    response.setHeader('ETag', entityTag(found.endpoint));
    return toEndpoint(found);
  }

  @Operation('listRoutes')
  routes(@Input() input: InputOf<'listRoutes'>, @Caller() caller: Identity): Promise<Page<RouteObject>> {
    return toPage(searchRoutes(this.#parts.store.db, caller, input.query), toRoute);
  }

  @Operation('getRoute')
  async route(
    @Input() input: InputOf<'getRoute'>,
    @Caller() caller: Identity,
    @Res({ passthrough: true }) response: Response,
  ): Promise<RouteObject> {
    const { name } = input.params;
    const found = demand(await findRoute(this.#parts.store.db, caller, name), 'route', name);
    response.setHeader('ETag', entityTag(found.route));
    return toRoute(found);
  }
}

function toPartner({ name }: PartnerRecord): PartnerObject {
  return { name };
}

function demand<Row>(row: Row | null, noun: string, name: string): Row {
  if (row === null) throw new ApiProblem('not_found', `There is no ${noun} "${name}".`);
  return row;
}
