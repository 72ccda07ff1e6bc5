import { useQuery } from '@tanstack/react-query';
import { Link, useSearch } from '@tanstack/react-router';
import { Refused } from '../../api/problem.ts';
import { buttonClass } from '../../ui/button.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { OutsideText } from '../../ui/outside-text.tsx';
import { EmptyState, Page } from '../../ui/page.tsx';
import { IncidentCard } from './incident-card.tsx';
import { IncidentFilterBar } from './incident-filter-bar.tsx';
import { type IncidentQuery, readFilters } from './incident-filters.ts';
import { IncidentList } from './incident-list.tsx';
import { incidentQuery } from './incident-queries.ts';
import styles from './incidents.module.css';

/** What does not go on by itself: each with what ends it. `?id=` shows one. */
export function IncidentsPage() {
  const search = useSearch({ strict: false });
  const { id } = search;
  if (id !== undefined) return <OneIncident id={id} />;
  const { query, unknown } = readFilters(search);
  return (
    <Page title="Incidents">
      <IncidentFilterBar query={query} />
      {unknown.length > 0 && (
        <p role="status" className={styles['muted']}>
          Not a filter here, and left out: <OutsideText text={unknown.join(', ')} />
        </p>
      )}
      {query.state === undefined ? (
        <>
          <IncidentList
            label="Unresolved"
            filters={{ ...query, state: 'unresolved' }}
            empty={<Nothing query={query} title="Nothing needs a person. Everything goes on by itself." />}
          />
          <IncidentList label="Resolved" filters={{ ...query, state: 'resolved' }} empty={null} />
        </>
      ) : (
        <IncidentList
          label={query.state.replace(/^./, (letter) => letter.toUpperCase())}
          filters={query}
          empty={<Nothing query={query} title={`No incident is ${query.state}.`} />}
        />
      )}
    </Page>
  );
}

function Nothing({ query, title }: { query: IncidentQuery; title: string }) {
  const { state, ...narrowing } = query;
  const isNarrowed = Object.keys(narrowing).length > 0;
  return (
    <EmptyState title={isNarrowed ? `${title.replace('Nothing', 'Nothing of this')}` : title}>
      {(isNarrowed || state !== undefined) && (
        <Link to="/incidents" className={buttonClass()}>
          Without filters
        </Link>
      )}
    </EmptyState>
  );
}

function OneIncident({ id }: { id: string }) {
  const read = useQuery(incidentQuery(id));
  const isGone = read.error instanceof Refused && [400, 404].includes(read.error.status);
  return (
    <Page
      title="Incident"
      beside={
        <Link to="/incidents" className={buttonClass()}>
          All incidents
        </Link>
      }
    >
      {isGone ? (
        <EmptyState title="There is no such incident, or it is not one of yours." />
      ) : (
        <Loaded query={read} what="The incident could not be read">
          {(incident) => <IncidentCard incident={incident} alone />}
        </Loaded>
      )}
    </Page>
  );
}
