import { createContext, type ReactNode, useContext, useMemo, useState } from 'react';
import { keepSetting, readSetting } from './settings.ts';

/** In whose time moments are shown: the reader's, that of the route they belong to, or UTC. */
export const ZONES = ['mine', 'route', 'utc'] as const;
export type Zone = (typeof ZONES)[number];

interface ZoneChoice {
  zone: Zone;
  choose(zone: Zone): void;
}

const KEY = 'waybill.zone';
const ZoneContext = createContext<ZoneChoice>({ zone: 'mine', choose: () => undefined });

export function ZoneProvider({ children }: { children: ReactNode }) {
  const [zone, setZone] = useState<Zone>(() => ZONES.find((known) => known === readSetting(KEY)) ?? 'mine');
  const choice = useMemo(
    () => ({
      zone,
      choose(chosen: Zone) {
        keepSetting(KEY, chosen);
        setZone(chosen);
      },
    }),
    [zone],
  );
  return <ZoneContext value={choice}>{children}</ZoneContext>;
}

export function useZone(): ZoneChoice {
  return useContext(ZoneContext);
}

/** The IANA zone to show a moment in; `routeZone` is that of its route's schedule, where there is one. */
export function useTimeZone(routeZone?: string): string {
  const { zone } = useZone();
  if (zone === 'utc') return 'UTC';
  return zone === 'route' && routeZone ? routeZone : Intl.DateTimeFormat().resolvedOptions().timeZone;
}
