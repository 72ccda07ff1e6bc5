import { useQuery } from '@tanstack/react-query';
import { Link, useRouter } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { readAll } from '../../api/read-all.ts';
import { findObject } from '../../filters/find-object.ts';
import { SearchField } from '../../filters/search-field.tsx';
import { filtersOfText, readSearchText } from '../../filters/search-text.ts';
import type { ListFilters } from '../../filters/use-list-filters.ts';
import { Button } from '../../ui/button.tsx';
import styles from './runs-page.module.css';
import { type Found, findNamed } from './runs-page-find.ts';

const PAUSE_MS = 200;
const MOST_SHOWN = 4;

/** Searches runs by what names them: their route, its partner, an id. Files are looked for among the transfers. */
export function RunSearch({ list: { filters, change } }: { list: ListFilters }) {
  const router = useRouter();
  const routes = useQuery({ ...readAll('listRoutes'), staleTime: 60_000, select: namesOf }).data;
  const partners = useQuery({ ...readAll('listPartners'), staleTime: 60_000, select: namesOf }).data;
  const [typed, setTyped] = useState('');
  const [isUnknown, setUnknown] = useState(false);
  /** What the text has set; whoever takes it out elsewhere starts anew. */
  const applied = useRef<Found | undefined>(undefined);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);

  const meaning = readSearchText(typed, 'name');
  const found = meaning.kind === 'id' ? [] : findNamed(typed, { routes, partners });
  const apply = (next: Found | undefined) => {
    const before = applied.current;
    if (before?.by === next?.by && before?.name === next?.name) return;
    applied.current = next;
    const out = before && filters[before.by] === before.name ? { [before.by]: undefined } : {};
    change({ ...out, ...(next && { [next.by]: next.name }) }, { typing: true });
  };
  const settle = (text: string) => {
    const said = readSearchText(text);
    if (said.kind === 'id') {
      void findObject(said.id).then((path) => (path ? router.history.push(path) : setUnknown(true)));
      return;
    }
    const matches = findNamed(text, { routes, partners });
    const exact = matches.find(({ name }) => name === text.trim().toLowerCase());
    apply(exact ?? (matches.length === 1 ? matches[0] : undefined));
  };
  const type = (text: string) => {
    setTyped(text);
    setUnknown(false);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => settle(text), PAUSE_MS);
  };
  const take = (next: Found) => {
    setTyped(next.name);
    apply(next);
  };
  const isSettled = found.some(({ by, name }) => filters[by] === name && found.length === 1);
  return (
    <SearchField
      placeholder="Route, partner or id"
      value={typed}
      onType={type}
      onEnter={() => (found[0] ? take(found[0]) : settle(typed))}
    >
      {isUnknown && 'No transfer and no run that you may see has this id.'}
      {!isSettled && found.length > 0 && (
        <span className={styles['suggestions']}>
          {found.slice(0, MOST_SHOWN).map((one) => (
            <Button
              key={`${one.by} ${one.name}`}
              look="quiet"
              className={styles['found']}
              onClick={() => take(one)}
            >
              {one.by} <strong>{one.name}</strong>
            </Button>
          ))}
        </span>
      )}
      {meaning.kind === 'filter' && found.length === 0 && (
        <>
          No route and no partner has this in its name.{' '}
          <Link to="/transfers" search={filtersOfText(readSearchText(typed))}>
            Look for files
          </Link>
        </>
      )}
    </SearchField>
  );
}

const namesOf = (items: readonly { name: string }[]) => items.map(({ name }) => name);
