import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { readAll } from '../../api/read-all.ts';
import { PlainWords } from '../../trouble/plain-words.tsx';
import { Moment } from '../../ui/moment.tsx';
import { OutsideText } from '../../ui/outside-text.tsx';
import type { Route } from './route-words.ts';
import styles from './routes.module.css';

/** What stands in the way of a route: its own pause, that of an endpoint, and what is open against it. */
export function RouteTrouble({ route }: { route: Route }) {
  const { name, enabled, paused, source, destination } = route;
  const { data: endpoints = [] } = useQuery(readAll('listEndpoints'));
  const { data: incidents = [] } = useQuery(readAll('listIncidents', { state: 'unresolved', route: name }));
  const ends = new Set([source.endpoint, destination.endpoint]);
  return (
    <>
      {!enabled && (
        <div role="status" className={styles['off']}>
          <p>
            <strong>It is switched off.</strong> Its schedule does not fire, and nobody can run it.
          </p>
        </div>
      )}
      {paused && (
        <div role="status" className={styles['attention']}>
          <p>
            <strong>
              Paused by <OutsideText text={paused.by} /> <Moment at={paused.since} relative />.
            </strong>{' '}
            New runs wait.
          </p>
          <p>
            Why: <OutsideText text={paused.reason} />
          </p>
        </div>
      )}
      {endpoints.map((endpoint) =>
        ends.has(endpoint.name) && endpoint.paused ? (
          <div key={endpoint.name} role="status" className={styles['attention']}>
            <p>
              <strong>
                <Link to="/endpoints/$name" params={{ name: endpoint.name }}>
                  {endpoint.name}
                </Link>{' '}
                is paused
              </strong>{' '}
              by <OutsideText text={endpoint.paused.by} /> <Moment at={endpoint.paused.since} relative />: new
              runs wait.
            </p>
            <p>
              Why: <OutsideText text={endpoint.paused.reason} />
            </p>
          </div>
        ) : null,
      )}
      {incidents.map((incident) => (
        <div key={incident.id} role="status" className={styles['trouble']}>
          <p>
            <strong>
              <OutsideText text={incident.summary} />
            </strong>
          </p>
          {incident.error && (
            <p>
              <PlainWords text={incident.error.sentence} />
            </p>
          )}
          <p className={styles['small']}>
            Since <Moment at={incident.openedAt} relative />, last{' '}
            <Moment at={incident.lastSeenAt} relative />.{' '}
            <Link to="/incidents" search={{ id: incident.id }}>
              Go to the incident
            </Link>
          </p>
        </div>
      ))}
    </>
  );
}
