import type { AuditObject } from '#domain';
import { Prisma } from '../generated/client.ts';
import { isUuid, type Places } from './page.ts';

/** `all`, or the names of those it reaches; an empty list reaches nothing. */
export type Reach = 'all' | readonly string[];

/**
 * Whose objects a question may be answered with, and which may be changed. Every query that a request can reach takes one,
 * and none has a default: forgetting it does not compile. An `Identity` is one.
 */
export interface Scope {
  readonly partners: Reach;
  readonly routes: Reach;
}

/** For the parts of Waybill that work for everybody; no request is answered with it. */
export const EVERYTHING: Scope = { partners: 'all', routes: 'all' };

export function isWhole({ partners, routes }: Scope): boolean {
  return partners === 'all' && routes === 'all';
}

/** What a scope reaches of the configuration as it is now; everything else is judged by that. */
export type Within = 'everything' | Reached;

interface Reached {
  routeIds: string[];
  routeNames: string[];
  endpointIds: string[];
  endpointNames: string[];
  partnerIds: string[];
  partnerNames: string[];
  /** Endpoints that no route outside depends on. */
  ownedEndpointNames: string[];
  /** Endpoints that files within can have been moved between. */
  placeNames: string[];
}

type Db = { $queryRaw: Prisma.TransactionClient['$queryRaw'] };

/** One question, the same whatever is asked for next: what is outside takes as long as what is not there. */
export async function resolveScope(db: Db, scope: Scope): Promise<Within> {
  if (isWhole(scope)) return 'everything';
  const { partners, routes } = scope;
  // With `all` routes the endpoints of a partner are within though no route leads there yet.
  const whole = routes === 'all' ? Prisma.sql`TRUE` : Prisma.sql`FALSE`;
  const ofPartners = Prisma.sql`(endpoint.partner_id IS NOT NULL AND ${isAmong(Prisma.sql`partner.name`, partners)})`;
  const [reached] = await db.$queryRaw<Reached[]>`
    WITH reached_route AS (
      SELECT route.* FROM transfer_route route
        JOIN endpoint source ON source.id = route.source_endpoint_id
        JOIN endpoint destination ON destination.id = route.destination_endpoint_id
        LEFT JOIN partner first ON first.id = coalesce(source.partner_id, destination.partner_id)
        LEFT JOIN partner second ON second.id = coalesce(destination.partner_id, source.partner_id)
       WHERE ${isAmong(Prisma.sql`route.name`, routes)}
         AND ${isAmong(Prisma.sql`first.name`, partners)} AND ${isAmong(Prisma.sql`second.name`, partners)}
    ), place AS (
      SELECT endpoint.id, endpoint.name, endpoint.partner_id, ${ofPartners} AS of_partners
        FROM endpoint LEFT JOIN partner ON partner.id = endpoint.partner_id
    ), reached_endpoint AS (
      SELECT place.* FROM place
       WHERE (${whole} AND place.of_partners)
          OR place.id IN (SELECT source_endpoint_id FROM reached_route)
          OR place.id IN (SELECT destination_endpoint_id FROM reached_route)
    ), reached_partner AS (
      SELECT partner.id, partner.name FROM partner
       WHERE ${isAmong(Prisma.sql`partner.name`, partners)}
         AND (${whole} OR partner.id IN (SELECT partner_id FROM reached_endpoint))
    )
    SELECT ARRAY(SELECT id::text FROM reached_route) AS "routeIds",
           ARRAY(SELECT name FROM reached_route) AS "routeNames",
           ARRAY(SELECT id::text FROM reached_endpoint) AS "endpointIds",
           ARRAY(SELECT name FROM reached_endpoint) AS "endpointNames",
           ARRAY(SELECT id::text FROM reached_partner) AS "partnerIds",
           ARRAY(SELECT name FROM reached_partner) AS "partnerNames",
           ARRAY(SELECT name FROM place WHERE ${whole} AND of_partners) AS "ownedEndpointNames",
           ARRAY(SELECT name FROM place WHERE partner_id IS NULL OR of_partners) AS "placeNames"`;
  return reached!;
}

/**
 * Of the routes that are within only those that lead from or to this partner, for lists of what routes do: these are few, and places
 * of their own.
 */
export async function narrowToPartner(db: Db, within: Within, partner: string): Promise<Within> {
  const rows = await db.$queryRaw<{ id: string; name: string }[]>`
    SELECT DISTINCT route.id::text AS id, route.name FROM transfer_route route
      JOIN endpoint ON endpoint.id IN (route.source_endpoint_id, route.destination_endpoint_id)
      JOIN partner ON partner.id = endpoint.partner_id
     WHERE partner.name = ${partner} AND ${routeIsWithin(within, Prisma.sql`route.id`)}`;
  const nothingElse = { endpointIds: [], endpointNames: [], partnerIds: [], partnerNames: [] };
  return {
    ...nothingElse,
    ...{ ownedEndpointNames: [], placeNames: [] },
    routeIds: rows.map(({ id }) => id),
    routeNames: rows.map(({ name }) => name),
  };
}

function isAmong(column: Prisma.Sql, reach: Reach): Prisma.Sql {
  return reach === 'all' ? TRUE : Prisma.sql`${column} = ANY (${[...reach]}::text[])`;
}

// The conditions below are one rule, said for each table (README, "Scopes"). What they do not know is not within.

const TRUE = Prisma.sql`TRUE`;

function isId(column: Prisma.Sql, ids: readonly string[]): Prisma.Sql {
  return Prisma.sql`${column} = ANY (${[...ids]}::uuid[])`;
}

function isName(column: Prisma.Sql, names: readonly string[]): Prisma.Sql {
  return Prisma.sql`${column} = ANY (${[...names]}::text[])`;
}

/** On the row `partner`. */
export function partnerIsWithin(within: Within): Prisma.Sql {
  return within === 'everything' ? TRUE : isId(Prisma.sql`partner.id`, within.partnerIds);
}

/** On the row `endpoint`: its partner's, or the other side of a route that is within. */
export function endpointIsWithin(within: Within): Prisma.Sql {
  return within === 'everything' ? TRUE : isId(Prisma.sql`endpoint.id`, within.endpointIds);
}

/**
 * On the row `endpoint`: nobody else's routes depend on it. What stops or loads it is for these alone: an inbox that every
 * partner delivers to is not one partner's to pause.
 */
export function endpointIsOwned(within: Within): Prisma.Sql {
  return within === 'everything' ? TRUE : isName(Prisma.sql`endpoint.name`, within.ownedEndpointNames);
}

/** On a column that holds the id of a route. */
export function routeIsWithin(within: Within, routeId: Prisma.Sql): Prisma.Sql {
  return within === 'everything' ? TRUE : isId(routeId, within.routeIds);
}

/** On the row `fire`. */
export function fireIsWithin(within: Within): Prisma.Sql {
  if (within === 'everything') return TRUE;
  return Prisma.sql`(SELECT ${routeIsWithin(within, Prisma.sql`schedule.route_id`)}
                       FROM schedule WHERE schedule.id = fire.schedule_id)`;
}

/** On the row `run`. */
export function runIsWithin(within: Within): Prisma.Sql {
  return routeIsWithin(within, Prisma.sql`run.route_id`);
}

/**
 * On the row `transfer`: its route is within, and so are the endpoints that it was planned between; the route may have led
 * elsewhere then.
 */
export function transferIsWithin(within: Within): Prisma.Sql {
  if (within === 'everything') return TRUE;
  return Prisma.sql`(${isId(Prisma.sql`transfer.route_id`, within.routeIds)}
    AND ${isName(Prisma.sql`transfer.source_endpoint`, within.placeNames)}
    AND ${isName(Prisma.sql`transfer.destination_endpoint`, within.placeNames)})`;
}

/**
 * On the row `tls_negotiation`: its endpoint is within, and the run that it served. Its name says the same as its id, and has
 * an index.
 */
export function negotiationIsWithin(within: Within): Prisma.Sql {
  if (within === 'everything') return TRUE;
  return Prisma.sql`(${isId(Prisma.sql`tls_negotiation.endpoint_id`, within.endpointIds)}
    AND ${isName(Prisma.sql`tls_negotiation.endpoint`, within.endpointNames)}
    AND ${runIdIsWithin(within, Prisma.sql`tls_negotiation.run_id`)})`;
}

/** On the row `probe`. Of an endpoint that is gone, it is for those alone whose scope is everything. */
export function probeIsWithin(within: Within): Prisma.Sql {
  return within === 'everything' ? TRUE : isName(Prisma.sql`probe.endpoint`, within.endpointNames);
}

/**
 * On the row `look`: of an endpoint that is nobody else's. What lies in an inbox that every partner delivers to is not for one of
 * them, whoever looked.
 */
export function lookIsWithin(within: Within): Prisma.Sql {
  return within === 'everything' ? TRUE : isName(Prisma.sql`look.endpoint`, within.ownedEndpointNames);
}

/** On the row `incident`: everything that it names is within, and it names something. */
export function incidentIsWithin(within: Within): Prisma.Sql {
  if (within === 'everything') return TRUE;
  return Prisma.sql`(
    num_nonnulls(incident.run_id, incident.transfer_id, incident.route, incident.endpoint) > 0
    AND ${runIdIsWithin(within, Prisma.sql`incident.run_id`)}
    AND ${transferIdIsWithin(within, Prisma.sql`incident.transfer_id`)}
    AND (incident.route IS NULL OR ${isName(Prisma.sql`incident.route`, within.routeNames)})
    AND (incident.endpoint IS NULL OR ${isName(Prisma.sql`incident.endpoint`, within.endpointNames)}))`;
}

/** On the row `incident`: of a route, or of an endpoint that is nobody else's. */
export function incidentIsOwned(within: Within): Prisma.Sql {
  if (within === 'everything') return TRUE;
  return Prisma.sql`(
    num_nonnulls(incident.run_id, incident.transfer_id, incident.route) > 0
    OR ${isName(Prisma.sql`incident.endpoint`, within.ownedEndpointNames)})`;
}

/**
 * On the row `audit_event`. That somebody looked at a folder of an inbox names the folder, which may be another partner's. Events of keys, secrets, people, processes and whole configuration files are for those alone whose
 * scope is everything. What an event of a run, a schedule or a fire concerns is its route, for ever.
 */
export function eventIsWithin(within: Within): Prisma.Sql {
  if (within === 'everything') return TRUE;
  const id = Prisma.sql`(CASE WHEN audit_event.object_id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
                              THEN audit_event.object_id::uuid END)`;
  const concernsRoute = isId(Prisma.sql`audit_event.concerns_id`, within.routeIds);
  // Events of configuration name their object, those of work carry its id; nobody reads a name as an id.
  const isOne = (ids: readonly string[], names: readonly string[]) =>
    isName(Prisma.sql`audit_event.object_id`, [...ids, ...names.filter((name) => !isUuid(name))]);
  return Prisma.sql`(
    (audit_event.run_id IS NULL OR ${concernsRoute})
    AND ${transferIdIsWithin(within, Prisma.sql`audit_event.transfer_id`)}
    AND (num_nonnulls(audit_event.run_id, audit_event.transfer_id) > 0 OR CASE audit_event.object
      WHEN 'partner' THEN ${isOne(within.partnerIds, within.partnerNames)}
      WHEN 'endpoint' THEN ${isOne(within.endpointIds, within.endpointNames)} AND (
        audit_event.action NOT LIKE 'endpoint.look%' OR ${isName(Prisma.sql`audit_event.object_id`, within.ownedEndpointNames)})
      WHEN 'route' THEN ${isOne(within.routeIds, within.routeNames)}
      WHEN 'schedule' THEN ${concernsRoute}
      WHEN 'fire' THEN ${concernsRoute}
      WHEN 'tls_negotiation' THEN
        (SELECT ${negotiationIsWithin(within)} FROM tls_negotiation WHERE tls_negotiation.id = ${id})
      WHEN 'incident' THEN (SELECT ${incidentIsWithin(within)} FROM incident WHERE incident.id = ${id})
      ELSE FALSE END))`;
}

/** How events that can be within are found without reading those of everybody else. */
export interface EventPlaces {
  /** What they concern. */
  concernIds: string[];
  /** Of those that concern nothing: objects of the configuration, by id or by name. */
  objects: { object: AuditObject; id: string }[];
}

/** Whatever `eventIsWithin` says yes to is in one of these places; not everything that is there is within. */
export function eventPlaces(within: Within): EventPlaces | undefined {
  if (within === 'everything' || !reachesFew(within)) return undefined;
  const objects = (object: AuditObject, ids: readonly string[]) => ids.map((id) => ({ object, id }));
  return {
    concernIds: [...within.routeIds, ...within.endpointIds],
    objects: [
      ...objects('partner', [...within.partnerIds, ...within.partnerNames]),
      ...objects('endpoint', [...within.endpointIds, ...within.endpointNames]),
      ...objects('route', [...within.routeIds, ...within.routeNames]),
    ],
  };
}

/** Who reaches more than so many reads what is newest of all: a page of that is soon full. */
const MOST_PLACES = 100;

function reachesFew({ routeIds, endpointIds }: Reached): boolean {
  return routeIds.length + endpointIds.length <= MOST_PLACES;
}

function placesAmong(
  within: Within,
  column: Prisma.Sql,
  among: (within: Reached) => Prisma.Sql,
): Places | undefined {
  if (within === 'everything' || !reachesFew(within)) return undefined;
  return { column, among: among(within) };
}

/** Of the row `run`. */
export function runPlaces(within: Within): Places | undefined {
  return placesAmong(within, Prisma.sql`run.route_id`, ({ routeIds }) => Prisma.sql`${routeIds}::uuid[]`);
}

/** Of the row `transfer`. */
export function transferPlaces(within: Within): Places | undefined {
  const places = placesAmong(
    within,
    Prisma.sql`transfer.route_id`,
    ({ routeIds }) => Prisma.sql`${routeIds}::uuid[]`,
  );
  return places && within !== 'everything' ? { ...places, count: within.routeIds.length } : undefined;
}

/** Of the row `tls_negotiation`. */
export function negotiationPlaces(within: Within): Places | undefined {
  return placesAmong(
    within,
    Prisma.sql`tls_negotiation.endpoint`,
    ({ endpointNames }) => Prisma.sql`${endpointNames}::text[]`,
  );
}

/** Of the row `fire`. */
export function firePlaces(within: Within): Places | undefined {
  return placesAmong(
    within,
    Prisma.sql`fire.schedule_id`,
    (reached) =>
      Prisma.sql`ARRAY(SELECT id FROM schedule WHERE ${routeIsWithin(reached, Prisma.sql`schedule.route_id`)})`,
  );
}

// Each of the two below is a look-up by the key of the one row. As EXISTS it could become a hash of all rows that are within,
// made anew for every page: with a million transfers of one partner that takes longer than the page.

/** On a column that holds the id of a run, or nothing. */
function runIdIsWithin(within: Reached, runId: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`(${runId} IS NULL OR (SELECT ${runIsWithin(within)} FROM run WHERE run.id = ${runId}))`;
}

/** On a column that holds the id of a transfer, or nothing. */
function transferIdIsWithin(within: Reached, transferId: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`(${transferId} IS NULL OR (
    SELECT ${transferIsWithin(within)} FROM transfer WHERE transfer.id = ${transferId}))`;
}
