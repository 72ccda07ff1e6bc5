import { useRouter } from '@tanstack/react-router';
import type { Virtualizer } from '@tanstack/react-virtual';
import {
  type FocusEvent,
  type KeyboardEvent,
  type MouseEvent,
  type RefObject,
  useEffect,
  useRef,
  useState,
} from 'react';
import { stepRow } from './step-row.ts';

interface RowKeysOptions {
  count: number;
  virtualizer: Virtualizer<HTMLDivElement, Element>;
  scroller: RefObject<HTMLDivElement | null>;
  /** Something is being read: with the pointer or the focus in it, or scrolled down. */
  onReading(reading: boolean): void;
}

const ROW = '[data-index]';
const OF_ITS_OWN = 'a, button, input, select, label, summary';

/** Rows are walked with the arrow keys and opened with Enter or a click anywhere on them. */
export function useRowKeys({ count, virtualizer, scroller, onReading }: RowKeysOptions) {
  const router = useRouter();
  const [current, setCurrent] = useState(0);
  /** It gets the focus as soon as it is in the page. */
  const wanted = useRef<number | undefined>(undefined);
  const pointing = useRef(false);
  const focused = useRef(false);
  const tellReading = () =>
    onReading(pointing.current || focused.current || (scroller.current?.scrollTop ?? 0) > 0);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the scroller is another one when rows come after none
  useEffect(() => {
    const element = scroller.current;
    element?.addEventListener('scroll', tellReading, { passive: true });
    return () => element?.removeEventListener('scroll', tellReading);
  }, [count === 0]);

  // After each drawing: the row may have come into the page with it.
  useEffect(() => {
    if (wanted.current === undefined) return;
    const row = scroller.current?.querySelector<HTMLElement>(`[data-index="${wanted.current}"]`);
    if (!row) return;
    wanted.current = undefined;
    row.focus({ preventScroll: true });
  });

  const linkOf = (target: EventTarget) =>
    target instanceof Element ? target.closest(ROW)?.querySelector<HTMLAnchorElement>('a[href]') : undefined;

  return {
    current,
    setPointing(now: boolean) {
      pointing.current = now;
      tellReading();
    },
    onFocus({ target }: FocusEvent) {
      focused.current = true;
      tellReading();
      const index = target.closest<HTMLElement>(ROW)?.dataset['index'];
      if (index !== undefined) setCurrent(Number(index));
    },
    onBlur({ currentTarget, relatedTarget }: FocusEvent) {
      focused.current = currentTarget.contains(relatedTarget);
      tellReading();
    },
    onKeyDown(event: KeyboardEvent) {
      const { target } = event;
      if (!(target instanceof HTMLElement) || !target.matches(ROW) || event.altKey) return;
      if (event.key === 'Enter') {
        event.preventDefault();
        open(linkOf(target), event.ctrlKey || event.metaKey);
        return;
      }
      const pageRows = Math.max(
        1,
        (virtualizer.range?.endIndex ?? 0) - (virtualizer.range?.startIndex ?? 0) - 1,
      );
      const next = stepRow(event.key, Number(target.dataset['index']), { count, pageRows });
      if (next === undefined) return;
      event.preventDefault();
      wanted.current = next;
      setCurrent(next);
      virtualizer.scrollToIndex(next);
    },
    onClick(event: MouseEvent) {
      if (event.defaultPrevented || !(event.target instanceof Element) || event.target.closest(OF_ITS_OWN))
        return;
      // A name that was just marked, to be copied, is not a wish to leave.
      if (window.getSelection()?.isCollapsed === false) return;
      open(linkOf(event.target), event.ctrlKey || event.metaKey);
    },
    onAuxClick(event: MouseEvent) {
      if (event.button !== 1 || !(event.target instanceof Element) || event.target.closest(OF_ITS_OWN))
        return;
      open(linkOf(event.target), true);
    },
  };

  function open(link: HTMLAnchorElement | null | undefined, inNewTab: boolean): void {
    if (!link) return;
    if (inNewTab) window.open(link.href, '_blank', 'noopener');
    else router.history.push(link.pathname + link.search);
  }
}
