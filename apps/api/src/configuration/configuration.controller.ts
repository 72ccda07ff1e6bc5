import { Controller, Inject } from '@nestjs/common';
import type { InputOf, Page, PartnerObject, PausableEndpoint, RouteObject } from '#contract';
import { type ApiParts, PARTS } from '../api-parts.ts';
import { Input, Operation } from '../http/operation.ts';
import { makePage, type PageQuery } from '../paging.ts';
import { toEndpoint, toRoute, WITH_SCHEDULE } from './configuration.queries.ts';

/** Partners, endpoints and routes as they are in force. Reading only: they change by `waybill apply`. */
@Controller()
export class ConfigurationController {
  readonly #parts: ApiParts;

  constructor(@Inject(PARTS) parts: ApiParts) {
    this.#parts = parts;
  }

  @Operation('listPartners')
  partners(@Input() input: InputOf<'listPartners'>): Promise<Page<PartnerObject>> {
    return makePage(
      { name: 'partners', key: 'name', keyOf: nameOf, toItem: ({ name }: { name: string }) => ({ name }) },
      input.query,
      (query) => this.#parts.store.db.partner.findMany(byName(query)),
    );
  }

  @Operation('listEndpoints')
  endpoints(@Input() input: InputOf<'listEndpoints'>): Promise<Page<PausableEndpoint>> {
    return makePage(
      { name: 'endpoints', key: 'name', keyOf: nameOf, toItem: toEndpoint },
      input.query,
      (query) => this.#parts.store.db.endpoint.findMany(byName(query)),
    );
  }

  @Operation('listRoutes')
  routes(@Input() input: InputOf<'listRoutes'>): Promise<Page<RouteObject>> {
    return makePage({ name: 'routes', key: 'name', keyOf: nameOf, toItem: toRoute }, input.query, (query) =>
      this.#parts.store.db.transferRoute.findMany({
        ...byName(query),
        include: WITH_SCHEDULE,
      }),
    );
  }
}

function nameOf({ name }: { name: string }): string {
  return name;
}

/** Names never change, so that the name itself is the cursor. */
function byName({ take, after }: PageQuery) {
  return {
    ...(after !== undefined && { where: { name: { gt: after } } }),
    orderBy: { name: 'asc' as const },
    take,
  };
}
