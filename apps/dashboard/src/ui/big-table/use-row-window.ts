import { defaultRangeExtractor, type Range, useVirtualizer } from '@tanstack/react-virtual';
import { type RefObject, useCallback, useEffect, useLayoutEffect, useMemo, useRef } from 'react';
import type { CursorList } from './use-cursor-list.ts';

const ROW_REM = 2.25;
const NARROW_ROW_REM = 3.9;
const OVERSCAN_ROWS = 8;
/** So far before the end of what is loaded the next page is asked for. */
const AHEAD_ROWS = 120;

/** Which rows are in the page: those in sight, some before and after, and the one with the focus. */
export function useRowWindow<Row>(
  list: CursorList<Row>,
  scroller: RefObject<HTMLDivElement | null>,
  narrow: boolean,
) {
  const remPx = useMemo(() => Number.parseFloat(getComputedStyle(document.documentElement).fontSize), []);
  const rowPx = Math.round(remPx * (narrow ? NARROW_ROW_REM : ROW_REM));
  const headPx = narrow ? 0 : Math.round(remPx * ROW_REM);
  const rangeExtractor = useCallback(
    (range: Range) => {
      const inSight = defaultRangeExtractor(range);
      const focused = Number(
        scroller.current?.querySelector<HTMLElement>('[data-index]:focus')?.dataset['index'] ?? -1,
      );
      if (focused < 0 || focused >= range.count || inSight.includes(focused)) return inSight;
      // Out of sight it keeps the focus: the next arrow key goes on from there.
      return [...inSight, focused].sort((one, other) => one - other);
    },
    [scroller],
  );
  const virtualizer = useVirtualizer({
    count: list.count,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPx,
    overscan: OVERSCAN_ROWS,
    scrollMargin: headPx,
    scrollPaddingStart: headPx,
    rangeExtractor,
    useFlushSync: false,
  });

  const measured = useRef(rowPx);
  useLayoutEffect(() => {
    if (measured.current === rowPx) return;
    measured.current = rowPx;
    virtualizer.measure();
  }, [rowPx, virtualizer]);

  const { startIndex = 0, endIndex = 0 } = virtualizer.range ?? {};
  // biome-ignore lint/correctness/useExhaustiveDependencies: the list is a new object each time; what is in sight decides
  useEffect(() => {
    if (list.count === 0) return;
    list.setInSight(startIndex, endIndex);
    if (endIndex >= list.count - AHEAD_ROWS) list.loadMore();
  }, [startIndex, endIndex, list.count, list.hasMore, list.isLoadingMore]);

  return { virtualizer, rowPx, headPx };
}
