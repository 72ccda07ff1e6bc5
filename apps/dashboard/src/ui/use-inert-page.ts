import { useLayoutEffect } from 'react';

let covers = 0;

/**
 * While something is open over the page nothing in it takes the focus, however fast Tab is pressed: the library brings a
 * focus back that has left, which is a moment too late for the next key.
 */
export function useInertPage(covered: boolean): void {
  useLayoutEffect(() => {
    if (!covered) return;
    cover(1);
    return () => cover(-1);
  }, [covered]);
}

function cover(by: 1 | -1): void {
  covers += by;
  const page = document.getElementById('root');
  if (page) page.inert = covers > 0;
}
