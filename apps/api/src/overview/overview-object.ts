import { LOGIN_PAUSE_MS } from '#audit';
import type { OverviewObject, UpcomingFiresObject } from '#contract';
import type { UpcomingFires } from '#schedule';
import type { ArmedSchedule, NewestOf, OverviewRecord, OverviewTime } from '#store';
import { toPause } from '../configuration/configuration-objects.ts';
import { toIncident } from '../incidents/incident-object.ts';
import { sizeOf } from '../stored-values.ts';
import { toTransfer } from '../transfers/transfer-object.ts';

export function toOverview({ from, to }: OverviewTime, record: OverviewRecord): OverviewObject {
  const { heldTransfers, quarantinedTransfers, incidents, pausedRoutes, pausedEndpoints, refusedLogins } =
    record;
  return {
    from: from.toISOString(),
    to: to.toISOString(),
    totals: {
      runs: record.runs,
      transfers: record.transfers,
      filesDelivered: record.filesDelivered,
      bytesDelivered: sizeOf(record.bytesDelivered),
      failedFiles: record.transfers.failed ?? 0,
    },
    attention: {
      heldTransfers: each(heldTransfers, toTransfer),
      quarantinedTransfers: each(quarantinedTransfers, toTransfer),
      incidents: { ...each(incidents, toIncident), byKind: incidents.byKind },
      pausedRoutes: each(pausedRoutes, ({ paused, ...route }) => ({ ...route, paused: toPause(paused) })),
      pausedEndpoints: each(pausedEndpoints, ({ paused, ...endpoint }) => ({
        ...endpoint,
        paused: toPause(paused),
      })),
      refusedLogins: each(refusedLogins, ({ refusedAt, ...endpoint }) => ({
        ...endpoint,
        refusedAt: refusedAt.toISOString(),
        triedAgainFrom: new Date(refusedAt.getTime() + LOGIN_PAUSE_MS).toISOString(),
      })),
    },
  };
}

function each<Row, Item>({ count, newest }: NewestOf<Row>, toItem: (row: Row) => Item): NewestOf<Item> {
  return { count, newest: newest.map(toItem) };
}

export function toUpcomingFires(
  { from, until }: { from: Date; until: Date },
  { fires, completeUntil }: UpcomingFires<ArmedSchedule>,
): UpcomingFiresObject {
  return {
    from: from.toISOString(),
    until: until.toISOString(),
    fires: fires.map(({ of: { route, partners, routePaused, schedule }, dueAt, localTime, outcome }) => ({
      ...{ route, partners, dueAt: dueAt.toISOString(), timezone: schedule.timezone, localTime },
      ...{ outcome, routePaused },
    })),
    truncated: completeUntil !== undefined,
    completeUntil: (completeUntil ?? until).toISOString(),
  };
}
