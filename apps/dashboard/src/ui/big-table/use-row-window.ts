import { defaultRangeExtractor, type Range, useVirtualizer } from '@tanstack/react-virtual';
import {
  type RefObject,
  startTransition,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import type { CursorList } from './use-cursor-list.ts';

const ROW_REM = 2.25;
const NARROW_ROW_REM = 3.9;
const OVERSCAN_ROWS = 4;
/** So far before the end of what is loaded the next page is asked for: sooner by whoever has begun to scroll. */
const AHEAD_ROWS = 100;
const AHEAD_SCROLLING_ROWS = 400;
/** The virtualizer counts all its rows anew when there are more of them; so it is told of many at once. */
const TOLD_ROWS = 10_000;

/** After a leap so long only names are drawn: nobody reads more while rows fly by. */
const HURRY_MS = 90;

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
      if (focused < 0 || inSight.includes(focused)) return inSight;
      // Out of sight it keeps the focus: the next arrow key goes on from there.
      return [...inSight, focused].sort((one, other) => one - other);
    },
    [scroller],
  );
  const virtualizer = useVirtualizer({
    count: Math.ceil(list.count / TOLD_ROWS) * TOLD_ROWS,
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

  const rows = virtualizer.getVirtualItems().filter(({ index }) => index < list.count);
  const { startIndex = 0 } = virtualizer.range ?? {};
  const endIndex = Math.min(virtualizer.range?.endIndex ?? 0, Math.max(0, list.count - 1));
  const hurried = useHurried(startIndex, endIndex - startIndex);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the list is a new object each time; what is in sight decides
  useEffect(() => {
    if (list.count === 0) return;
    list.setInSight(startIndex, endIndex);
    const ahead = startIndex === 0 ? AHEAD_ROWS : AHEAD_SCROLLING_ROWS;
    if (endIndex >= list.count - ahead) list.loadMore();
  }, [startIndex, endIndex, list.count, list.hasMore, list.isLoadingMore]);

  return { virtualizer, rows, rowPx, headPx, hurried };
}

/** Whether none of the rows in sight was there a moment ago, and that keeps happening. */
function useHurried(startIndex: number, inSight: number): boolean {
  const before = useRef(startIndex);
  const [settled, setSettled] = useState(startIndex);
  useEffect(() => {
    before.current = startIndex;
    // Drawn in slices: whoever scrolls on is not held up by rows that he has left behind.
    const timer = setTimeout(() => startTransition(() => setSettled(startIndex)), HURRY_MS);
    return () => clearTimeout(timer);
  }, [startIndex]);
  const leaps = Math.abs(startIndex - before.current) > inSight;
  return inSight > 0 && (leaps || Math.abs(startIndex - settled) > 3 * inSight);
}
