import { type RefObject, useLayoutEffect, useState } from 'react';

/** Below it a row has two lines. */
const NARROW_PX = 640;
const LEAST_PX = 320;
/** What a page leaves free at its end: no more, or the page would have a scroll bar beside that of the table. */
const BELOW_PX = 50;

/** How wide the table is, and how much of the window is left for it. */
export function useRoom(frame: RefObject<HTMLElement | null>, scroller: RefObject<HTMLElement | null>) {
  const [room, setRoom] = useState({ narrow: window.innerWidth < NARROW_PX, heightPx: LEAST_PX });
  useLayoutEffect(() => {
    if (!frame.current) return;
    const measure = () => {
      const narrow = frame.current!.clientWidth < NARROW_PX;
      const topPx = scroller.current ? scroller.current.getBoundingClientRect().top + window.scrollY : 0;
      // On a phone what stands above is scrolled away first.
      const heightPx = Math.max(LEAST_PX, window.innerHeight - (narrow ? 72 : topPx) - BELOW_PX);
      setRoom((before) =>
        before.narrow === narrow && before.heightPx === heightPx ? before : { narrow, heightPx },
      );
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(frame.current);
    // Filters above may open and close.
    observer.observe(document.body);
    window.addEventListener('resize', measure);
    return () => {
      observer.disconnect();
      window.removeEventListener('resize', measure);
    };
  }, [frame, scroller]);
  return room;
}
