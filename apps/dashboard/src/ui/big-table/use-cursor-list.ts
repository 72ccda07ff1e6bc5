import {
  hashKey,
  type InfiniteData,
  keepPreviousData,
  useInfiniteQuery,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState } from 'react';
import {
  type ListAnswer,
  type ListPage,
  pageAt,
  pageFrom,
  refreshPage,
  releaseFar,
  startsOf,
} from './cursor-pages.ts';

const PAGE_ROWS = 200;
/** About 1 KiB each. */
const MOST_ROWS_IN_MEMORY = 120_000;
/** Beyond it a filter or an export is what helps; browsers cannot scroll over much more either. */
const MOST_ROWS = 300_000;

interface CursorListOptions<Row> {
  /** Begins with the operation, and holds the filters: `['listRuns', filters]`. */
  queryKey: readonly [operation: string, query: unknown];
  /** One page: `(paging) => call('listRuns', { query: { ...filters, ...paging } })`. */
  read(paging: { limit: number; cursor?: string }): Promise<ListAnswer<Row>>;
  rowKey(row: Row): string;
}

export interface CursorList<Row> {
  count: number;
  /** undefined while it is on its way. */
  rowAt(index: number): Row | undefined;
  keyAt(index: number): string;
  /** It is no longer what was asked for, and stays until the list is read anew. */
  leftAt(index: number): boolean;
  isPending: boolean;
  /** What is shown answers the question before. */
  isOutdated: boolean;
  error: unknown;
  retry(): void;
  /** There is more than what is loaded, and it can be loaded. */
  hasMore: boolean;
  isLoadingMore: boolean;
  /** There is more than anybody should scroll through. */
  isCut: boolean;
  loadMore(): void;
  /** How many rows came since, `more` when they are only a part of them. */
  newer: { count: number; more: boolean };
  takeNewer(): void;
  /** While something is being read, nothing new is put in. */
  setReading(reading: boolean): void;
  setInSight(first: number, last: number): void;
}

/**
 * A list of any length, newest first. Its newest page is a query like any other, renewed by live events; what it says is
 * put in where nobody is reading, and otherwise only counted. Pages further down are read again when they are in sight.
 */
export function useCursorList<Row>({ queryKey, read, rowKey }: CursorListOptions<Row>): CursorList<Row> {
  type Pages = InfiniteData<ListPage<Row>, string | undefined>;
  const client = useQueryClient();
  const hash = hashKey(queryKey);
  const head = {
    queryKey: [...queryKey, 'head'],
    queryFn: () => read({ limit: PAGE_ROWS }),
  };
  // Not under the operation's name: an event must not have hundreds of pages read again.
  const pagesKey = ['pages', ...queryKey];
  const query = useInfiniteQuery({
    queryKey: pagesKey,
    queryFn: async ({ pageParam }: { pageParam: string | undefined }) =>
      pageFrom(
        pageParam,
        pageParam === undefined
          ? await client.fetchQuery(head)
          : await read({ limit: PAGE_ROWS, cursor: pageParam }),
      ),
    initialPageParam: undefined,
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
    staleTime: Number.POSITIVE_INFINITY,
    structuralSharing: false,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    placeholderData: keepPreviousData,
  });
  const { data, isPlaceholderData, hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const newest = useQuery({ ...head, enabled: data !== undefined && !isPlaceholderData });

  const pages = useMemo(() => data?.pages ?? [], [data]);
  const starts = useMemo(() => startsOf(pages), [pages]);
  const count = starts.at(-1)!;
  const place = (index: number) => {
    const at = pageAt(starts, index);
    return { page: pages[at], within: index - starts[at]! };
  };
  const rowAt = (index: number) => {
    const { page, within } = place(index);
    return page?.rows?.[within];
  };

  const [newer, setNewer] = useState({ count: 0, more: false });
  // Whoever comes back to a list that he had scrolled down wants it where it was.
  const reading = useRef(pages.length > 1);
  const inSight = useRef({ first: 0, last: 0 });

  const takeNewer = async () => {
    setNewer({ count: 0, more: false });
    await client.cancelQueries({ queryKey: pagesKey, exact: true });
    const answer = client.getQueryData<ListAnswer<Row>>(head.queryKey);
    if (answer)
      client.setQueryData<Pages>(pagesKey, { pages: [pageFrom(undefined, answer)], pageParams: [undefined] });
  };

  const replacePage = (before: ListPage<Row>, after: ListPage<Row>) => {
    if (before === after) return;
    client.setQueryData<Pages>(pagesKey, (old) => {
      const at = old?.pages.indexOf(before) ?? -1;
      return old && at >= 0 ? { ...old, pages: old.pages.with(at, after) } : old;
    });
  };

  const rereading = useRef(false);
  /** Pages in sight as they are now; those that gave their rows back first of all. */
  const rereadInSight = async (which: (page: ListPage<Row>) => boolean) => {
    if (rereading.current) return;
    rereading.current = true;
    try {
      const { first, last } = inSight.current;
      for (let at = pageAt(starts, first); at <= pageAt(starts, last); at++) {
        const page = pages[at];
        if (page?.cursor === undefined || !which(page)) continue;
        const answer = await read({ limit: PAGE_ROWS, cursor: page.cursor });
        replacePage(page, page.rows ? refreshPage(page, answer, rowKey).page : pageFrom(page.cursor, answer));
      }
    } catch {
      // What is shown stays; the next event, or the next look, tries again.
    } finally {
      rereading.current = false;
    }
  };

  // biome-ignore lint/correctness/useExhaustiveDependencies: each answer is taken once, whatever else changed meanwhile
  useEffect(() => {
    const first = pages[0];
    if (!first || !newest.data || isPlaceholderData) return;
    const { page, newcomers, apart } = refreshPage(first, newest.data, rowKey);
    if ((newcomers > 0 || page.left.size > 0) && (!reading.current || count === 0)) void takeNewer();
    else {
      replacePage(first, page);
      setNewer({ count: newcomers, more: apart });
    }
    void rereadInSight(() => true);
  }, [newest.dataUpdatedAt]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another question begins anew
  useEffect(() => {
    setNewer({ count: 0, more: false });
  }, [hash]);

  const setInSight = (first: number, last: number) => {
    inSight.current = { first, last };
    if (pages.length === 0) return;
    const near = pageAt(starts, first);
    if (pages[near]?.rows === undefined || pages[pageAt(starts, last)]?.rows === undefined) {
      void rereadInSight(({ rows }) => rows === undefined);
    }
    if (count <= MOST_ROWS_IN_MEMORY || isFetchingNextPage) return;
    const kept = releaseFar(pages, near, MOST_ROWS_IN_MEMORY);
    if (kept !== pages) client.setQueryData<Pages>(pagesKey, (old) => old && { ...old, pages: kept });
  };

  return {
    count,
    rowAt,
    keyAt: (index) => {
      const row = rowAt(index);
      return row === undefined ? String(index) : rowKey(row);
    },
    leftAt: (index) => {
      const { page, within } = place(index);
      const row = page?.rows?.[within];
      return row !== undefined && page!.left.has(rowKey(row));
    },
    isPending: query.isPending,
    isOutdated: isPlaceholderData,
    error: query.error,
    retry: () => void (data ? fetchNextPage() : query.refetch()),
    hasMore: hasNextPage && count < MOST_ROWS,
    isLoadingMore: isFetchingNextPage,
    isCut: hasNextPage && count >= MOST_ROWS,
    loadMore: () => {
      if (hasNextPage && !isFetchingNextPage && !query.error && count < MOST_ROWS) void fetchNextPage();
    },
    newer,
    takeNewer: () => void takeNewer(),
    setReading: (now) => {
      reading.current = now;
    },
    setInSight,
  };
}
