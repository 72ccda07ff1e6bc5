import { Prisma } from '../generated/client.ts';

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

// The conditions below are one rule, said for each table (README, "Scopes"). What they do not know is not within.

const TRUE = Prisma.sql`TRUE`;

function isAmong(column: Prisma.Sql, reach: Reach): Prisma.Sql {
  return reach === 'all' ? TRUE : Prisma.sql`${column} = ANY (${[...reach]}::text[])`;
}

/** Ids of the routes within: of every partner that it touches, and there is one; with `all` partners, also where there is none. */
function routesWithin({ partners, routes }: Scope): Prisma.Sql {
  const [source, destination] = [Prisma.sql`source_partner.name`, Prisma.sql`destination_partner.name`];
  return Prisma.sql`
    SELECT route.id FROM transfer_route route
      JOIN endpoint source ON source.id = route.source_endpoint_id
      JOIN endpoint destination ON destination.id = route.destination_endpoint_id
      LEFT JOIN partner source_partner ON source_partner.id = source.partner_id
      LEFT JOIN partner destination_partner ON destination_partner.id = destination.partner_id
     WHERE ${isAmong(Prisma.sql`route.name`, routes)}
       AND ${isAmong(Prisma.sql`coalesce(${source}, ${destination})`, partners)}
       AND ${isAmong(Prisma.sql`coalesce(${destination}, ${source})`, partners)}`;
}

/** On a column that holds the id of a route. */
export function routeIsWithin(scope: Scope, routeId: Prisma.Sql): Prisma.Sql {
  return isWhole(scope) ? TRUE : Prisma.sql`${routeId} IN (${routesWithin(scope)})`;
}

/** On the row `partner`. */
export function partnerIsWithin(scope: Scope): Prisma.Sql {
  const named = isAmong(Prisma.sql`partner.name`, scope.partners);
  return scope.routes === 'all'
    ? named
    : Prisma.sql`(${named} AND EXISTS (
        SELECT FROM endpoint WHERE endpoint.partner_id = partner.id AND ${endpointIsWithin(scope)}))`;
}

/** On the row `endpoint`: its partner's, or the other side of a route that is within. */
export function endpointIsWithin(scope: Scope): Prisma.Sql {
  if (isWhole(scope)) return TRUE;
  const touched = Prisma.sql`EXISTS (
    SELECT FROM transfer_route touching
     WHERE endpoint.id IN (touching.source_endpoint_id, touching.destination_endpoint_id)
       AND ${routeIsWithin(scope, Prisma.sql`touching.id`)})`;
  return scope.routes === 'all'
    ? Prisma.sql`(${endpointOfPartners(scope.partners)} OR ${touched})`
    : touched;
}

/**
 * On the row `endpoint`: nobody else's routes depend on it. What stops or loads it is for these alone: an inbox that every
 * partner delivers to is not one partner's to pause.
 */
export function endpointIsOwned({ partners, routes }: Scope): Prisma.Sql {
  return routes === 'all' ? endpointOfPartners(partners) : Prisma.sql`FALSE`;
}

function endpointOfPartners(partners: Reach): Prisma.Sql {
  if (partners === 'all') return TRUE;
  return Prisma.sql`endpoint.partner_id IN (
    SELECT partner.id FROM partner WHERE ${isAmong(Prisma.sql`partner.name`, partners)})`;
}

/** On the row `run`. */
export function runIsWithin(scope: Scope): Prisma.Sql {
  return routeIsWithin(scope, Prisma.sql`run.route_id`);
}

/**
 * On the row `transfer`: its route is within, and so are the endpoints that it was planned between; the route may have led
 * elsewhere then.
 */
export function transferIsWithin(scope: Scope): Prisma.Sql {
  const route = routeIsWithin(scope, Prisma.sql`transfer.route_id`);
  if (scope.partners === 'all') return route;
  const names = Prisma.sql`SELECT endpoint.name FROM endpoint
    WHERE endpoint.partner_id IS NULL OR ${endpointOfPartners(scope.partners)}`;
  return Prisma.sql`(${route} AND transfer.source_endpoint IN (${names})
                     AND transfer.destination_endpoint IN (${names}))`;
}

/** On the row `tls_negotiation`: its endpoint is within, and the run that it served. */
export function negotiationIsWithin(scope: Scope): Prisma.Sql {
  if (isWhole(scope)) return TRUE;
  return Prisma.sql`(
    tls_negotiation.endpoint_id IN (SELECT endpoint.id FROM endpoint WHERE ${endpointIsWithin(scope)})
    AND ${runIdIsWithin(scope, Prisma.sql`tls_negotiation.run_id`)})`;
}

/** On the row `incident`: everything that it names is within, and it names something. */
export function incidentIsWithin(scope: Scope): Prisma.Sql {
  if (isWhole(scope)) return TRUE;
  return Prisma.sql`(
    num_nonnulls(incident.run_id, incident.transfer_id, incident.route, incident.endpoint) > 0
    AND ${runIdIsWithin(scope, Prisma.sql`incident.run_id`)}
    AND ${transferIdIsWithin(scope, Prisma.sql`incident.transfer_id`)}
    AND (incident.route IS NULL OR EXISTS (
      SELECT FROM transfer_route named
       WHERE named.name = incident.route AND ${routeIsWithin(scope, Prisma.sql`named.id`)}))
    AND (incident.endpoint IS NULL OR EXISTS (
      SELECT FROM endpoint WHERE endpoint.name = incident.endpoint AND ${endpointIsWithin(scope)})))`;
}

/** On the row `incident`: of a route, or of an endpoint that is nobody else's. */
export function incidentIsOwned(scope: Scope): Prisma.Sql {
  if (isWhole(scope)) return TRUE;
  return Prisma.sql`(
    num_nonnulls(incident.run_id, incident.transfer_id, incident.route) > 0
    OR EXISTS (SELECT FROM endpoint WHERE endpoint.name = incident.endpoint AND ${endpointIsOwned(scope)}))`;
}

/**
 * On the row `audit_event`. Events of keys, secrets, people, processes and whole configuration files are for those alone whose
 * scope is everything.
 */
export function eventIsWithin(scope: Scope): Prisma.Sql {
  if (isWhole(scope)) return TRUE;
  const id = Prisma.sql`(CASE WHEN audit_event.object_id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
                              THEN audit_event.object_id::uuid END)`;
  // Events of configuration name their object, those of work carry its id; nobody reads a name as an id.
  const isObject = (table: string) => {
    const object = Prisma.raw(table);
    return Prisma.sql`(${object}.id = ${id} OR (${id} IS NULL AND ${object}.name = audit_event.object_id))`;
  };
  return Prisma.sql`(
    ${runIdIsWithin(scope, Prisma.sql`audit_event.run_id`)}
    AND ${transferIdIsWithin(scope, Prisma.sql`audit_event.transfer_id`)}
    AND (num_nonnulls(audit_event.run_id, audit_event.transfer_id) > 0 OR CASE audit_event.object
      WHEN 'partner' THEN EXISTS (
        SELECT FROM partner WHERE ${isObject('partner')} AND ${partnerIsWithin(scope)})
      WHEN 'endpoint' THEN EXISTS (
        SELECT FROM endpoint WHERE ${isObject('endpoint')} AND ${endpointIsWithin(scope)})
      WHEN 'route' THEN EXISTS (
        SELECT FROM transfer_route
         WHERE ${isObject('transfer_route')} AND ${routeIsWithin(scope, Prisma.sql`transfer_route.id`)})
      WHEN 'schedule' THEN EXISTS (
        SELECT FROM schedule
         WHERE schedule.id = ${id} AND ${routeIsWithin(scope, Prisma.sql`schedule.route_id`)})
      WHEN 'fire' THEN EXISTS (
        SELECT FROM fire JOIN schedule ON schedule.id = fire.schedule_id
         WHERE fire.id = ${id} AND ${routeIsWithin(scope, Prisma.sql`schedule.route_id`)})
      WHEN 'tls_negotiation' THEN EXISTS (
        SELECT FROM tls_negotiation WHERE tls_negotiation.id = ${id} AND ${negotiationIsWithin(scope)})
      WHEN 'incident' THEN EXISTS (
        SELECT FROM incident WHERE incident.id = ${id} AND ${incidentIsWithin(scope)})
      ELSE FALSE END))`;
}

/** On a column that holds the id of a run, or nothing. */
function runIdIsWithin(scope: Scope, runId: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`(${runId} IS NULL OR EXISTS (SELECT FROM run WHERE run.id = ${runId} AND ${runIsWithin(scope)}))`;
}

/** On a column that holds the id of a transfer, or nothing. */
function transferIdIsWithin(scope: Scope, transferId: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`(${transferId} IS NULL OR EXISTS (
    SELECT FROM transfer WHERE transfer.id = ${transferId} AND ${transferIsWithin(scope)}))`;
}
