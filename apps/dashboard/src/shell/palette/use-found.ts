import { type UseQueryResult, useQueries, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { Transfer } from '#contract';
import { call } from '../../api/call.ts';
import { Refused } from '../../api/problem.ts';
import { namesOf, readAll } from '../../api/read-all.ts';
import { PAGES } from '../../pages.ts';
import { useMay } from '../../session/me.ts';
import { findEntries, type Lookup, lookupsOf, type PaletteEntry, type PaletteGroup } from './find-entries.ts';

const PAUSE_MS = 120;
const MOST_TRANSFERS = 8;
const NAMES_FRESH_MS = 60_000;

/** Pages, what can be made anew, and everything that has a name. */
function useKnownGroups(): PaletteGroup[] {
  const may = useMay();
  const names = (operation: 'listPartners' | 'listEndpoints' | 'listRoutes') => ({
    ...readAll(operation),
    select: namesOf,
    staleTime: NAMES_FRESH_MS,
    enabled: may(operation),
  });
  const { data: partners = [] } = useQuery(names('listPartners'));
  const { data: endpoints = [] } = useQuery(names('listEndpoints'));
  const { data: routes = [] } = useQuery(names('listRoutes'));
  const named = (kind: string, icon: PaletteEntry['icon'], all: readonly string[]): PaletteEntry[] =>
    all.map((name) => ({
      id: `${kind}/${name}`,
      title: name,
      icon,
      href: `/${kind}/${encodeURIComponent(name)}`,
    }));
  const pages: PaletteEntry[] = PAGES.filter((page) => may(page.needs)).map(({ path, title, icon, key }) => ({
    id: path,
    title,
    icon,
    beside: `g ${key}`,
    href: path,
  }));
  const runs: PaletteEntry[] = routes.map((name) => ({
    id: `run/${name}`,
    title: `Run ${name} now`,
    icon: 'play',
    href: '/runs',
    run: name,
  }));
  const makes: PaletteEntry[] = (['Partner', 'Endpoint', 'Route'] as const)
    .filter((noun) => may(`create${noun}`))
    .map((noun) => ({
      id: `new/${noun}`,
      title: `New ${noun.toLowerCase()}`,
      icon: 'plus',
      href: `/new/${noun.toLowerCase()}`,
    }));
  return [
    { value: 'Pages', items: pages },
    { value: 'Partners', items: named('partners', 'partner', partners) },
    { value: 'Routes', items: named('routes', 'route', routes) },
    { value: 'Endpoints', items: named('endpoints', 'endpoint', endpoints) },
    { value: 'Do', items: [...(may('triggerRun') ? runs : []), ...makes] },
  ];
}

interface Found {
  groups: PaletteGroup[];
  /** The api is being asked. */
  searching: boolean;
  error: unknown;
}

/** What was found for what is typed: names at once, files and ids as the api answers. */
export function useFound(typed: string): Found {
  const may = useMay();
  const known = useKnownGroups();
  const asked = usePaused(typed);
  const lookups = may('listTransfers') ? lookupsOf(asked) : [];
  const answers = useQueries({
    queries: lookups.map((lookup) => ({
      queryKey: ['palette', lookup],
      queryFn: () => lookUp(lookup),
      staleTime: 5_000,
    })),
  }) as UseQueryResult<PaletteEntry[]>[];
  const files = new Map(answers.flatMap(({ data }) => data ?? []).map((entry) => [entry.id, entry]));
  const groups = findEntries(typed, known);
  // While nothing is typed: pages, and what can be done with one.
  const shown = typed.trim() === '' ? groups.filter(({ value }) => value === 'Pages') : groups;
  return {
    groups: files.size > 0 ? [...shown, { value: 'Found', items: [...files.values()] }] : shown,
    searching: asked !== typed || answers.some(({ isPending }) => isPending),
    error: answers.find(({ error }) => error)?.error,
  };
}

/** As it was when typing paused. */
function usePaused(typed: string): string {
  const [paused, setPaused] = useState(typed);
  useEffect(() => {
    const timer = setTimeout(() => setPaused(typed), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  return paused;
}

async function lookUp(lookup: Lookup): Promise<PaletteEntry[]> {
  if (lookup.kind === 'id') return findById(lookup.id);
  const filter = lookup.kind === 'name' ? { contains: lookup.contains } : { sha256Prefix: lookup.prefix };
  const { items } = await call('listTransfers', { query: { ...filter, limit: MOST_TRANSFERS } });
  return items.map(transferEntry);
}

async function findById(id: string): Promise<PaletteEntry[]> {
  const [run, transfer] = await Promise.all([
    orNothing(call('getRun', { params: { id } })),
    orNothing(call('getTransfer', { params: { id } })),
  ]);
  return [
    ...(run
      ? [
          {
            id,
            title: `Run of ${run.route}`,
            icon: 'run',
            beside: run.state.replaceAll('_', ' '),
            href: `/runs/${id}`,
          } as const,
        ]
      : []),
    ...(transfer ? [transferEntry(transfer)] : []),
  ];
}

function transferEntry({ id, sourcePath, route, state }: Transfer): PaletteEntry {
  const name = sourcePath.split('/').at(-1)!;
  return {
    id,
    title: name === '' ? sourcePath : name,
    icon: 'transfer',
    beside: `${route}, ${state.replaceAll('_', ' ')}`,
    href: `/transfers/${id}`,
  };
}

async function orNothing<Answer>(answer: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return undefined;
    throw error;
  }
}
