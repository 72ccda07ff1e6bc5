import { useRouter } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { Button } from '../ui/button.tsx';
import type { Address, Filters } from './address-filters.ts';
import styles from './filters.module.css';
import { findObject } from './find-object.ts';
import { SearchField } from './search-field.tsx';
import { filtersOfText, otherMeaning, readSearchText, type SearchMeaning, textOf } from './search-text.ts';

/** Between the last key and the question. */
const PAUSE_MS = 200;

interface SearchBoxProps {
  filters: Filters;
  change(changes: Address, how: { typing: boolean }): void;
}

/** Searches files as somebody types: by a part of the name, a pattern, a hash; an id leads to its object. */
export function SearchBox({ filters, change }: SearchBoxProps) {
  const router = useRouter();
  const inAddress = textOf(filters);
  const [typed, setTyped] = useState(inAddress);
  const [as, setAs] = useState<'name' | 'hash'>();
  const [unknownId, setUnknownId] = useState<string>();
  const committed = useRef(inAddress);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);

  // The address is changed by others too: the back button, a chip, a link.
  useEffect(() => {
    if (inAddress === committed.current) return;
    committed.current = inAddress;
    clearTimeout(timer.current);
    setTyped(inAddress);
    setAs(undefined);
  }, [inAddress]);
  useEffect(() => () => clearTimeout(timer.current), []);

  const commit = (text: string, how: 'name' | 'hash' | undefined) => {
    const meaning = readSearchText(text, how);
    if (meaning.kind === 'id') {
      void find(meaning.id);
      return;
    }
    const next = filtersOfText(meaning);
    committed.current = textOf(next);
    if (committed.current !== inAddress || how !== as) change(next, { typing: true });
  };
  const find = async (id: string) => {
    const path = await findObject(id);
    // Somebody went on typing meanwhile.
    if (readSearchText(input.current?.value ?? '').kind !== 'id') return;
    if (path) router.history.push(path);
    else setUnknownId(id);
  };
  const type = (text: string) => {
    setTyped(text);
    setAs(undefined);
    setUnknownId(undefined);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => commit(text, undefined), text === '' ? 0 : PAUSE_MS);
  };
  const takeAs = (how: 'name' | 'hash') => {
    setAs(how);
    commit(typed, how);
  };
  const input = useRef<HTMLInputElement>(null);
  const meaning = readSearchText(typed, as ?? takenAs(filters));
  const other = otherMeaning(typed, meaning);
  return (
    <SearchField
      input={input}
      placeholder="File name, *.csv, SHA-256 or id"
      value={typed}
      onType={type}
      onEnter={() => {
        clearTimeout(timer.current);
        commit(typed, as);
      }}
    >
      {sayMeaning(meaning, unknownId)}
      {other && (
        <Button look="quiet" className={styles['inline']} onClick={() => takeAs(other)}>
          {other === 'hash' ? 'Take it for a SHA-256' : 'Look in names'}
        </Button>
      )}
    </SearchField>
  );
}

/** A link may hold a name that looks like a hash, or the other way round. */
function takenAs(filters: Filters): 'name' | 'hash' | undefined {
  if (filters['contains'] !== undefined) return 'name';
  return filters['sha256Prefix'] !== undefined ? 'hash' : undefined;
}

function sayMeaning(meaning: SearchMeaning, unknownId: string | undefined): string {
  if (unknownId !== undefined) return 'No transfer and no run that you may see has this id.';
  if (meaning.kind === 'short') return 'Three characters at least.';
  if (meaning.kind === 'long') return 'That is longer than any name: 200 characters at most.';
  if (meaning.kind === 'id') return 'Looking for what has this id …';
  if (meaning.kind !== 'filter') return '';
  if (meaning.by === 'name') return 'As a pattern: * stands for any characters, ? for one; capitals count.';
  if (meaning.by === 'sha256') return 'By the whole SHA-256.';
  if (meaning.by === 'sha256Prefix') return 'By the beginning of the SHA-256.';
  return meaning.value.includes('/') ? 'In the whole path; capitals do not count.' : '';
}
