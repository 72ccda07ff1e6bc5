import { endpointEntry, type PausableEndpoint, type Pause, type RouteObject } from '#contract';
import type { EndpointRecord, RecordedPause, RouteRecord } from '#store';
import { instantOrNull } from '../stored-values.ts';

export function toRoute({ route, partners, nextFireAt, paused }: RouteRecord): RouteObject {
  return { ...route, partners, nextFireAt: instantOrNull(nextFireAt), paused: paused && toPause(paused) };
}

export function toEndpoint({ endpoint, paused }: EndpointRecord): PausableEndpoint {
  return { ...endpointEntry(endpoint), paused: paused && toPause(paused) };
}

export function toPause(paused: RecordedPause): Pause {
  return { ...paused, since: paused.since.toISOString() };
}
