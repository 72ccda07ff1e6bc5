import { useInfiniteQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Button } from '../../ui/button.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { IncidentCard } from './incident-card.tsx';
import type { IncidentQuery } from './incident-filters.ts';
import { incidentsQuery } from './incident-queries.ts';
import styles from './incidents.module.css';

interface IncidentListProps {
  label: string;
  filters: IncidentQuery;
  /** What stands there instead of none; undefined for nothing at all. */
  empty: ReactNode;
}

/** Newest first, page by page. */
export function IncidentList({ label, filters, empty }: IncidentListProps) {
  const read = useInfiniteQuery(incidentsQuery(filters));
  return (
    <Loaded query={read} what="The incidents could not be read" skeleton={<Skeleton height="16rem" />}>
      {({ pages }) => {
        const incidents = pages.flatMap(({ items }) => items);
        if (incidents.length === 0) return empty;
        return (
          <section aria-label={label} className={styles['list']}>
            <h2>{label}</h2>
            <ul className={styles['list']}>
              {incidents.map((incident) => (
                <li key={incident.id}>
                  <IncidentCard incident={incident} />
                </li>
              ))}
            </ul>
            {read.hasNextPage && (
              <div>
                <Button busy={read.isFetchingNextPage} onClick={() => void read.fetchNextPage()}>
                  Show earlier ones
                </Button>
              </div>
            )}
          </section>
        );
      }}
    </Loaded>
  );
}
