import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { readAll } from '../../api/read-all.ts';
import { SelectField } from '../../ui/fields.tsx';
import { joinClasses } from '../../ui/join-classes.ts';
import { type IncidentQuery, KIND_FILTERS, kindTitle, STATE_FILTERS } from './incident-filters.ts';
import styles from './incidents.module.css';

const EVERY = '';

/** All of it stands in the address. */
export function IncidentFilterBar({ query }: { query: IncidentQuery }) {
  const navigate = useNavigate({ from: '/incidents' });
  const routes = useQuery(readAll('listRoutes')).data ?? [];
  const endpoints = useQuery(readAll('listEndpoints')).data ?? [];
  const choose = (name: 'kind' | 'route' | 'endpoint') => (value: string) =>
    void navigate({ search: (before) => ({ ...before, [name]: value || undefined }), replace: true });
  const state = query.state ?? 'unresolved';
  return (
    <div className={styles['filters']}>
      <nav aria-label="Incidents by state" className={styles['states']}>
        {STATE_FILTERS.map((each) => (
          <Link
            key={each}
            to="/incidents"
            search={(before) => ({
              ...before,
              id: undefined,
              state: each === 'unresolved' ? undefined : each,
            })}
            replace
            aria-current={each === state ? 'true' : undefined}
            className={joinClasses(styles['state'], each === state && styles['chosen'])}
          >
            {each}
          </Link>
        ))}
      </nav>
      <Choice
        label="Kind"
        value={query.kind}
        onChoose={choose('kind')}
        options={KIND_FILTERS}
        titleOf={kindTitle}
      />
      <Choice
        label="Route"
        value={query.route}
        onChoose={choose('route')}
        options={routes.map(({ name }) => name)}
      />
      <Choice
        label="Endpoint"
        value={query.endpoint}
        onChoose={choose('endpoint')}
        options={endpoints.map(({ name }) => name)}
      />
    </div>
  );
}

interface ChoiceProps<Option extends string> {
  label: string;
  value: Option | undefined;
  options: readonly Option[];
  titleOf?(option: Option): string;
  onChoose(value: string): void;
}

function Choice<Option extends string>({ label, value, options, titleOf, onChoose }: ChoiceProps<Option>) {
  // What the address asks for stays to be seen, also where nothing of that name is left.
  const all = value === undefined || options.includes(value) ? options : [value, ...options];
  return (
    <SelectField label={label} value={value ?? EVERY} onChange={(event) => onChoose(event.target.value)}>
      <option value={EVERY}>every</option>
      {all.map((option) => (
        <option key={option} value={option}>
          {titleOf ? titleOf(option) : option}
        </option>
      ))}
    </SelectField>
  );
}
