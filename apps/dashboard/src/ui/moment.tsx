import { useTimeZone } from '../look/zone.tsx';
import { exactMoment, relativeMoment, shortMoment } from './moment-text.ts';
import { useNow } from './now.ts';

interface MomentProps {
  /** ISO 8601. */
  at: string;
  /** Of the route it belongs to: shown in it where the reader has chosen the route's time. */
  routeZone?: string | undefined;
  /** `3 min ago` in front of the reader; the exact one is in the title. */
  relative?: boolean;
}

/** A moment, short; exact with its zone and date when pointed at. */
export function Moment({ at, routeZone, relative = false }: MomentProps) {
  const zone = useTimeZone(routeZone);
  const now = useNow();
  const instant = new Date(at);
  const [shown, beside] = [shortMoment(instant, zone, now), relativeMoment(instant, now)];
  return (
    <time dateTime={at} title={`${exactMoment(instant, zone)} · ${beside}`}>
      {relative ? beside : shown}
    </time>
  );
}
