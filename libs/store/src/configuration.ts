import type { Endpoint, Partner, ScheduleDefinition, TransferRoute } from '#domain';
import type { Prisma } from './generated/client.ts';
import type { Tx } from './open-store.ts';

/** Partners, endpoints and routes as the configuration file describes them. */
export interface StoredConfiguration {
  partners: Pick<Partner, 'name'>[];
  endpoints: Endpoint[];
  routes: TransferRoute[];
}

export async function readConfiguration(db: Tx): Promise<StoredConfiguration> {
  const [partners, endpoints, routes] = await Promise.all([
    db.partner.findMany({ orderBy: { name: 'asc' } }),
    db.endpoint.findMany({ orderBy: { name: 'asc' } }),
    db.transferRoute.findMany({ orderBy: { name: 'asc' } }),
  ]);
  return {
    partners: partners.map(({ name }) => ({ name })),
    endpoints: endpoints.map((endpoint) => endpoint.settings as unknown as Endpoint),
    routes: routes.map((route) => route.definition as unknown as TransferRoute),
  };
}

/** When a new or changed schedule fires first; null: never. */
export type FirstFire = (definition: ScheduleDefinition) => Date | null;

/** Writes what is given; what is not named stays as it is. Everything that refers must exist or be given too. */
export async function applyConfiguration(
  tx: Tx,
  wanted: StoredConfiguration,
  options: { firstFire: FirstFire },
): Promise<void> {
  for (const { name } of wanted.partners)
    await tx.partner.upsert({ where: { name }, create: { name }, update: {} });
  for (const endpoint of wanted.endpoints) await applyEndpoint(tx, endpoint);
  for (const route of wanted.routes) await applyRoute(tx, route, options.firstFire);
}

async function applyEndpoint(tx: Tx, endpoint: Endpoint): Promise<void> {
  const { name } = endpoint;
  const present = await tx.endpoint.findUnique({ where: { name }, select: { settings: true } });
  if (present && sameJson(present.settings, endpoint)) return;
  const partner =
    endpoint.partner === undefined
      ? null
      : await tx.partner.findUniqueOrThrow({ where: { name: endpoint.partner } });
  const columns = {
    partnerId: partner?.id ?? null,
    protocol: endpoint.protocol,
    mode: endpoint.protocol === 'local' ? null : endpoint.mode,
    host: endpoint.protocol === 'local' ? null : endpoint.host,
    port: endpoint.protocol === 'local' ? null : endpoint.port,
    maxSessions: endpoint.maxSessions,
    settings: asJson(endpoint),
    // Other credentials, perhaps: they may be tried at once.
    loginRefusedAt: null,
    updatedAt: new Date(),
  };
  await tx.endpoint.upsert({ where: { name }, create: { name, ...columns }, update: columns });
}

async function applyRoute(tx: Tx, route: TransferRoute, firstFire: FirstFire): Promise<void> {
  const { name } = route;
  const present = await tx.transferRoute.findUnique({ where: { name } });
  if (present && sameJson(present.definition, route)) return;
  const source = await tx.endpoint.findUniqueOrThrow({ where: { name: route.source.endpoint } });
  const destination = await tx.endpoint.findUniqueOrThrow({ where: { name: route.destination.endpoint } });
  const columns = {
    sourceEndpointId: source.id,
    destinationEndpointId: destination.id,
    definition: asJson(route),
    enabled: route.enabled,
    priority: route.priority,
    updatedAt: new Date(),
  };
  const { id } = await tx.transferRoute.upsert({
    where: { name },
    create: { name, ...columns },
    update: columns,
  });
  // Runs that wait for the old window, or for another try with the old settings, look at the new ones.
  await tx.$executeRaw`
    UPDATE run SET not_before = clock_timestamp()
     WHERE route_id = ${id}::uuid AND state IN ('queued', 'running') AND not_before > clock_timestamp()`;
  // What was due while a route was switched off on purpose was not missed.
  const resumed = present !== null && !present.enabled && route.enabled;
  await applySchedule(tx, id, route.schedule, { firstFire, resumed });
}

async function applySchedule(
  tx: Tx,
  routeId: string,
  wanted: ScheduleDefinition | undefined,
  { firstFire, resumed }: { firstFire: FirstFire; resumed: boolean },
): Promise<void> {
  // The tick takes the same lock: a next fire is never computed from one that is just being moved.
  await tx.$queryRaw`SELECT 1 FROM schedule WHERE route_id = ${routeId}::uuid FOR UPDATE`;
  const present = await tx.schedule.findUnique({ where: { routeId } });
  if (!wanted) {
    // Its fires are history; a schedule that never fires again keeps them.
    if (present) await tx.schedule.update({ where: { routeId }, data: { nextFireAt: null } });
    return;
  }
  // An unchanged schedule keeps its next fire: applying twice at 02:14:59 must not lose 02:15.
  if (present?.nextFireAt && !resumed && sameJson(present.definition, wanted)) return;
  const columns = { definition: asJson(wanted), nextFireAt: firstFire(wanted), updatedAt: new Date() };
  await tx.schedule.upsert({ where: { routeId }, create: { routeId, ...columns }, update: columns });
}

type Noun = 'partner' | 'endpoint' | 'route';

/** Why something has to stay. */
export interface Referrer {
  /** `record`: history, which has no name. */
  noun: Noun | 'secret' | 'API key' | 'user' | 'record';
  name: string;
  /** `uses it` */
  does: string;
}

/** What refers to it, so that it has to stay; undefined: it may be deleted. */
export async function findReferrer(tx: Tx, noun: Noun, name: string): Promise<Referrer | undefined> {
  if (noun === 'partner') return (await partOfPartner(tx, name)) ?? findLimitedTo(tx, 'partners', name);
  if (noun === 'route') return (await recordOfRoute(tx, name)) ?? findLimitedTo(tx, 'routes', name);
  const route = await tx.transferRoute.findFirst({
    where: { OR: [{ source: { name } }, { destination: { name } }] },
    orderBy: { name: 'asc' },
  });
  if (route) return { noun: 'route', name: route.name, does: 'uses it' };
  return recordOfEndpoint(tx, name);
}

/** Only what has happened: its own, and for an endpoint that of the routes that use it. */
export async function findRecord(
  tx: Tx,
  noun: 'endpoint' | 'route',
  name: string,
): Promise<Referrer | undefined> {
  if (noun === 'route') return recordOfRoute(tx, name);
  const run = await tx.run.findFirst({
    where: { route: { OR: [{ source: { name } }, { destination: { name } }] } },
    select: { id: true },
  });
  return run ? onRecord('runs of a route') : recordOfEndpoint(tx, name);
}

async function recordOfEndpoint(tx: Tx, name: string): Promise<Referrer | undefined> {
  const negotiation = await tx.tlsNegotiation.findFirst({ where: { endpoint: name }, select: { id: true } });
  if (negotiation) return onRecord('TLS negotiations');
  // By name: a route may go somewhere else by now, its transfers stay where they were.
  const transfer = await tx.transfer.findFirst({
    where: { OR: [{ sourceEndpoint: name }, { destinationEndpoint: name }] },
    select: { id: true },
  });
  return transfer ? onRecord('transfers') : undefined;
}

async function partOfPartner(tx: Tx, name: string): Promise<Referrer | undefined> {
  const first = { where: { partner: { name } }, orderBy: { name: 'asc' } } as const;
  const endpoint = await tx.endpoint.findFirst(first);
  if (endpoint) return { noun: 'endpoint', name: endpoint.name, does: 'belongs to it' };
  const secret = await tx.secret.findFirst(first);
  return secret ? { noun: 'secret', name: secret.name, does: 'belongs to it' } : undefined;
}

async function recordOfRoute(tx: Tx, name: string): Promise<Referrer | undefined> {
  const run = await tx.run.findFirst({ where: { route: { name } }, select: { id: true } });
  if (run) return onRecord('runs');
  const fire = await tx.fire.findFirst({ where: { schedule: { route: { name } } }, select: { id: true } });
  return fire ? { noun: 'record', name: '', does: 'its schedule has fires on record' } : undefined;
}

function onRecord(what: string): Referrer {
  return { noun: 'record', name: '', does: `it has ${what} on record` };
}

/** Who is limited to a name would reach whatever is given the name next. */
async function findLimitedTo(
  tx: Tx,
  reach: 'partners' | 'routes',
  name: string,
): Promise<Referrer | undefined> {
  const key = await tx.apiKey.findFirst({
    where: {
      [reach]: { has: name },
      revokedAt: null,
      OR: [{ expiresAt: null }, { expiresAt: { gt: new Date() } }],
    },
    orderBy: { name: 'asc' },
  });
  if (key) return { noun: 'API key', name: key.name, does: 'is limited to it; revoke it first' };
  if (reach === 'routes') return undefined;
  const user = await tx.user.findFirst({ where: { partners: { has: name } }, orderBy: { name: 'asc' } });
  return user ? { noun: 'user', name: user.name, does: 'is limited to it; change that first' } : undefined;
}

/** Only what `findReferrer` finds nothing for; the database refuses everything else. */
export async function deleteConfigured(tx: Tx, noun: Noun, name: string): Promise<void> {
  if (noun === 'partner') await tx.partner.delete({ where: { name } });
  else if (noun === 'endpoint') await tx.endpoint.delete({ where: { name } });
  else await tx.transferRoute.delete({ where: { name } });
}

function asJson(value: object): Prisma.InputJsonObject {
  return JSON.parse(JSON.stringify(value)) as Prisma.InputJsonObject;
}

/** jsonb does not keep the order of keys. */
function sameJson(one: unknown, other: unknown): boolean {
  return canonicalJson(one) === canonicalJson(other);
}

/** The same text for the same value, whatever order its keys have. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    inner && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
