import { useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useEffect, useState, useSyncExternalStore } from 'react';
import { useMe } from '../session/me.ts';
import { type ConnectionState, LiveHub } from './live-hub.ts';
import type { LiveFile, LiveRun } from './live-run.ts';

const HubContext = createContext<LiveHub | undefined>(undefined);

/** Around what somebody who is signed in sees. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const sessionId = useMe().session?.id;
  const [hub, setHub] = useState<LiveHub>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the stream of a session that ended does not serve the next
  useEffect(() => {
    const opened = new LiveHub(client);
    setHub(opened);
    return () => opened.close();
  }, [client, sessionId]);
  return <HubContext value={hub}>{children}</HubContext>;
}

const UNHEARD: ConnectionState = { connection: 'live', heardAt: new Date() };
const nothing = () => () => undefined;

/** How the page is kept up to date, and when the api was last heard of. */
export function useConnection(): ConnectionState {
  const hub = useContext(HubContext);
  return useSyncExternalStore(hub?.subscribe ?? nothing, () => hub?.state ?? UNHEARD);
}

/** undefined until something was heard of it: then what was read of it is all there is. */
export function useLiveRun(runId: string | undefined): LiveRun | undefined {
  const hub = useContext(HubContext);
  return useSyncExternalStore(hub?.subscribe ?? nothing, () =>
    runId === undefined ? undefined : hub?.runs.get(runId),
  );
}

/** A file while a worker has it in hand. */
export function useLiveFile(runId: string | undefined, transferId: string): LiveFile | undefined {
  return useLiveRun(runId)?.underWay.find((file) => file.transferId === transferId);
}
