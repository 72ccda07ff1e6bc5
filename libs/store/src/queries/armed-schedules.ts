import type { ScheduleDefinition } from '#domain';
import { Prisma } from '../generated/client.ts';
import type { Tx } from '../open-store.ts';
import { partnersOfRoute } from './routes.ts';
import { resolveScope, routeIsWithin, type Scope } from './scope.ts';

/** The schedule of a route that is switched on. */
export interface ArmedSchedule {
  route: string;
  partners: string[];
  routePaused: boolean;
  schedule: ScheduleDefinition;
  nextFireAt: Date;
}

/** Those that fire up to and with `until`, the first ones first. What an index finds; a switched-off route has no next fire. */
export async function findArmedSchedules(
  db: Tx,
  scope: Scope,
  { until, limit }: { until: Date; limit: number },
): Promise<ArmedSchedule[]> {
  const within = await resolveScope(db, scope);
  return db.$queryRaw<ArmedSchedule[]>`
    SELECT transfer_route.name AS route, ${partnersOfRoute} AS partners,
           transfer_route.paused_at IS NOT NULL AS "routePaused", schedule.definition AS schedule,
           schedule.next_fire_at AS "nextFireAt"
      FROM schedule JOIN transfer_route ON transfer_route.id = schedule.route_id AND transfer_route.enabled
     WHERE schedule.next_fire_at <= ${until} AND ${routeIsWithin(within, Prisma.sql`schedule.route_id`)}
     ORDER BY schedule.next_fire_at, transfer_route.name LIMIT ${limit}`;
}
