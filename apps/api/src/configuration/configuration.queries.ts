import { endpointEntry, type PausableEndpoint, type Pause, type RouteObject } from '#contract';
import type { Endpoint, TransferRoute } from '#domain';
import type { Store } from '#store';
import { instantOrNull } from '../stored-values.ts';

export const WITH_SCHEDULE = { schedule: { select: { nextFireAt: true } } } as const;

export async function findRoute(store: Store, name: string): Promise<RouteObject | undefined> {
  const row = await store.db.transferRoute.findUnique({ where: { name }, include: WITH_SCHEDULE });
  return row ? toRoute(row) : undefined;
}

export async function findEndpoint(store: Store, name: string): Promise<PausableEndpoint | undefined> {
  const row = await store.db.endpoint.findUnique({ where: { name } });
  return row ? toEndpoint(row) : undefined;
}

interface PauseColumns {
  pausedAt: Date | null;
  pausedBy: string | null;
  pauseReason: string | null;
}

interface RouteRow extends PauseColumns {
  name: string;
  definition: unknown;
  enabled: boolean;
  schedule: { nextFireAt: Date | null } | null;
}

export function toRoute(row: RouteRow): RouteObject {
  return {
    ...(row.definition as TransferRoute),
    enabled: row.enabled,
    nextFireAt: instantOrNull(row.schedule?.nextFireAt ?? null),
    paused: toPause(row),
  };
}

export function toEndpoint(row: PauseColumns & { name: string; settings: unknown }): PausableEndpoint {
  return { ...endpointEntry(row.settings as Endpoint), paused: toPause(row) };
}

function toPause({ pausedAt, pausedBy, pauseReason }: PauseColumns): Pause | null {
  return pausedAt && { since: pausedAt.toISOString(), by: pausedBy ?? '', reason: pauseReason ?? '' };
}
