import { Outlet } from '@tanstack/react-router';
import { SessionWatch } from '../session/session-watch.tsx';
import { Announcer } from '../ui/announce.tsx';
import { TellProvider } from '../ui/tell.tsx';

/** Around every page, also where nobody is signed in. */
export function RootFrame() {
  return (
    <TellProvider>
      <SessionWatch />
      <Outlet />
      <Announcer />
    </TellProvider>
  );
}
