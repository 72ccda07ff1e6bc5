import { useQueries } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { RouteObject, Run } from '#contract';
import { configuredQuery } from '../../../forms/configured-object.ts';
import { Icon } from '../../../ui/icon.tsx';
import { Moment } from '../../../ui/moment.tsx';
import { OutsideText } from '../../../ui/outside-text.tsx';
import styles from './run.module.css';
import { isOver } from './run-queries.ts';

/** A pause of the route or of one of its ends: why nothing goes on. */
export function WaitsFor({ run, route }: { run: Run; route: RouteObject | undefined }) {
  const names = route ? [...new Set([route.source.endpoint, route.destination.endpoint])] : [];
  const endpoints = useQueries({
    queries: names.map((name) => configuredQuery('endpoint', name)),
    combine: (answers) => answers.flatMap(({ data }) => data?.object ?? []),
  });
  if (isOver(run) || !route) return null;
  const paused = [
    { what: 'route' as const, name: route.name, paused: route.paused },
    ...endpoints.map(({ name, paused }) => ({ what: 'endpoint' as const, name, paused })),
  ];
  const waits = paused.map(
    ({ what, name, paused: pause }) =>
      pause && (
        <p key={`${what} ${name}`} role="status" className={styles['pause']}>
          <Icon name="pause" />
          <span>
            {what === 'route' ? (
              <Link to="/routes/$name" params={{ name }}>
                {name}
              </Link>
            ) : (
              <Link to="/endpoints/$name" params={{ name }}>
                {name}
              </Link>
            )}{' '}
            is paused since <Moment at={pause.since} /> by <OutsideText text={pause.by} />:{' '}
            <OutsideText text={pause.reason} />
            <br />
            <span className={styles['muted']}>Nothing new begins before it is resumed.</span>
          </span>
        </p>
      ),
  );
  return (
    <>
      {waits}
      {route.window && run.state === 'queued' && (
        <p className={styles['pause']}>
          <Icon name="clock" />
          <span>
            Runs of this route begin between {route.window.from} and {route.window.to} (
            {route.window.timezone}).
          </span>
        </p>
      )}
    </>
  );
}
