import { Outlet } from '@tanstack/react-router';
import { lazy, Suspense, useRef } from 'react';
import { LiveProvider } from '../live/live.tsx';
import { KeysDialog } from './keys-dialog.tsx';
import { Navigation } from './navigation.tsx';
import { showOverlay, useOverlay } from './overlays.ts';
import { SessionGate } from './session-gate.tsx';
import styles from './shell.module.css';
import { TopBar } from './top-bar.tsx';
import { useArrival } from './use-arrival.ts';
import { useKeys } from './use-keys.ts';

const Palette = lazy(() =>
  import('./palette/palette.tsx').then(({ Palette: component }) => ({ default: component })),
);

/** What stands around every page: navigation, search, state of the connection, who is signed in. */
export function Shell() {
  const main = useRef<HTMLElement>(null);
  useArrival(main);
  useKeys();
  return (
    <LiveProvider>
      <div className={styles['shell']}>
        <a href="#content" className={styles['skip']}>
          Skip to content
        </a>
        <TopBar />
        <aside className={styles['side']}>
          <Navigation />
        </aside>
        <main id="content" ref={main} tabIndex={-1} className={styles['content']}>
          <Outlet />
        </main>
      </div>
      <Overlays />
      <SessionGate />
    </LiveProvider>
  );
}

function Overlays() {
  const overlay = useOverlay();
  const close = () => showOverlay(undefined);
  return (
    <>
      <KeysDialog open={overlay === 'keys'} onClose={close} />
      {overlay === 'palette' && (
        <Suspense>
          <Palette onClose={close} />
        </Suspense>
      )}
    </>
  );
}
