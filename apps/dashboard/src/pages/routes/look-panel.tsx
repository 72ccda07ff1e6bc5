import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { fieldProblems } from '../../api/problem.ts';
import { readAll } from '../../api/read-all.ts';
import { isObject, type Json, readPath } from '../../forms/path.ts';
import { useMay } from '../../session/me.ts';
import { Button } from '../../ui/button.tsx';
import { CheckField, TextField } from '../../ui/fields.tsx';
import { Icon } from '../../ui/icon.tsx';
import { joinClasses } from '../../ui/join-classes.ts';
import { ProblemNotice } from '../../ui/problem-notice.tsx';
import { LookFound } from './look-found.tsx';
import { lookRequestOf, parametersOfSource, valuesFor } from './look-request.ts';
import styles from './route-form.module.css';
import { useLook } from './use-look.ts';

interface LookPanelProps {
  route: Json;
  /** Of its heading: 3 in a form, where the selection changes while it is looked at. */
  level?: 2 | 3;
}

/** Which files the selection finds at this moment, and where they would go. Nothing is moved. */
export function LookPanel({ route, level = 3 }: LookPanelProps) {
  const may = useMay();
  const Heading = `h${level}` as const;
  const { data: endpoints = [] } = useQuery(readAll('listEndpoints'));
  const [said, setSaid] = useState<Record<string, string>>({});
  const [again, setAgain] = useState(false);
  const values = valuesFor(route, said);
  const request = lookRequestOf(route, values);
  const isLocal = endpoints.some(({ name, protocol }) => name === request?.endpoint && protocol === 'local');
  const { look, error, isUnderWay, isStale, waitsMs, lookNow } = useLook(request, isLocal, again);
  if (!may('lookAtEndpoint')) return null;
  const unsaid = parametersOfSource(route).filter((name) => !(name in valuesFor(route, {})));
  const problems = fieldProblems(error);
  return (
    <section
      className={joinClasses(styles['preview'], level === 2 && styles['surface'])}
      aria-label="Which files match now"
    >
      <header className={styles['previewHead']}>
        <Heading>Which files match now</Heading>
        <Button
          busy={isUnderWay}
          disabled={request === undefined || (waitsMs > 0 && !isUnderWay)}
          onClick={lookNow}
        >
          <Icon name="search" />
          {buttonText(isUnderWay, waitsMs, Boolean(look || error))}
        </Button>
      </header>
      {unsaid.map((name) => (
        <TextField
          key={name}
          label={`For the look, ${name} is`}
          hint="A look is no run: say what a run would be given."
          spellCheck={false}
          autoCapitalize="none"
          value={said[name] ?? ''}
          onChange={(event) => setSaid({ ...said, [name]: event.target.value })}
        />
      ))}
      {!look && !error && !isUnderWay && (
        <p className={styles['muted']}>
          {request === undefined
            ? 'Choose where files come from, then look.'
            : 'A worker lists the folder and says of each file whether the route would take it. Nothing is moved.'}
        </p>
      )}
      {level === 3 && (look || error !== null) && (
        <div className={styles['again']}>
          <CheckField
            label="Look again whenever the selection changes"
            hint={isLocal ? undefined : 'Every 10 seconds at most, out of regard for the server.'}
            checked={again}
            onChange={(event) => setAgain(event.target.checked)}
          />
          {isStale && !isUnderWay && (
            <p className={styles['stale']} role="status">
              {again
                ? waitsMs > 0
                  ? `The selection has changed. It looks again in ${Math.ceil(waitsMs / 1_000)} s.`
                  : 'The selection has changed. It looks again in a moment.'
                : 'The selection has changed since: look again.'}
            </p>
          )}
        </div>
      )}
      {problems.length > 0 ? (
        <ul className={styles['wrong']} role="alert">
          {problems.map(({ path, message }) => (
            <li key={`${path} ${message}`}>
              <code>{path.replace(/^body\.?/, '')}</code> {message}
            </li>
          ))}
        </ul>
      ) : (
        error !== null && error !== undefined && <ProblemNotice error={error} what="Nobody has looked" />
      )}
      {look && (
        <LookFound
          look={look}
          isStale={isStale || (isUnderWay && look.state === 'done')}
          places={{
            destination: textAt(route, 'destination.path'),
            name: textAt(route, 'destination.name') ?? '{name}',
            timezone: textAt(route, 'schedule.timezone'),
          }}
          parameters={isObject(route['parameters']) ? values : {}}
        />
      )}
    </section>
  );
}

function buttonText(isUnderWay: boolean, waitsMs: number, again: boolean): string {
  if (isUnderWay) return 'Looking …';
  if (waitsMs > 0) return `Look again in ${Math.ceil(waitsMs / 1_000)} s`;
  return again ? 'Look again' : 'Look now';
}

function textAt(route: Json, path: string): string | undefined {
  const value = readPath(route, path);
  return typeof value === 'string' && value !== '' ? value : undefined;
}
