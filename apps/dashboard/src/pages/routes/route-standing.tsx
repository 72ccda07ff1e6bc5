import { Badge } from '../../ui/state-badge.tsx';
import { standingIdOf } from './find-routes.ts';
import type { Route } from './route-words.ts';

/** On, paused, or switched off. In a list only what is not as it should be is said. */
export function RouteStanding({
  route,
  quietWhenOn = false,
}: {
  route: Pick<Route, 'enabled' | 'paused'>;
  quietWhenOn?: boolean;
}) {
  const standing = standingIdOf(route);
  if (standing === 'on') return quietWhenOn ? null : <Badge tone="good">on</Badge>;
  return standing === 'off' ? <Badge tone="idle">switched off</Badge> : <Badge tone="warn">paused</Badge>;
}
