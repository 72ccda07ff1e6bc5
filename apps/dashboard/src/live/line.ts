import { addressOf } from '../api/call.ts';
import { type LiveNews, readEventStream } from './event-stream.ts';

/** `live`: told as it happens. `polling`: asked for every few seconds. `offline`: nobody answers. */
export type Connection = 'live' | 'polling' | 'offline';

export interface LineListener {
  hear(news: LiveNews): void;
  /** How it is now; also each time that it was found as before. */
  turn(connection: Connection): void;
}

const ASK_EVERY_MS = 5_000;
/** A stream that was refused is asked for less and less often. */
const STREAM_AGAIN_MS = 15_000;
const STREAM_AGAIN_AT_MOST_MS = 240_000;
/** A stream that lasted so long was a good one: its end is that of the process behind it, and another may be there. */
const STEADY_MS = 5_000;
const SHORT_MS = 300;

/**
 * The one line to the api, until it is given up: the stream of events and, where there is none, a look whether anybody
 * answers. Each stream begins with everything read again, so nothing has to be told that happened before it.
 */
export async function keepLine(listener: LineListener, signal: AbortSignal): Promise<void> {
  let streamAt = 0;
  let againMs = STREAM_AGAIN_MS;
  let wasThere = true;
  while (!signal.aborted) {
    if (performance.now() >= streamAt) {
      const begunAt = performance.now();
      const outcome = await readEventStream(beginning(listener), signal);
      if (outcome === 'ended' && performance.now() - begunAt >= STEADY_MS) {
        againMs = STREAM_AGAIN_MS;
        await pause(SHORT_MS, signal);
        continue;
      }
      streamAt = performance.now() + againMs;
      againMs = Math.min(againMs * 2, STREAM_AGAIN_AT_MOST_MS);
    }
    if (signal.aborted) return;
    const isBack = !wasThere;
    wasThere = await isThere();
    if (signal.aborted) return;
    listener.turn(wasThere ? 'polling' : 'offline');
    if (wasThere && isBack) {
      [streamAt, againMs] = [0, STREAM_AGAIN_MS];
    } else {
      await pause(ASK_EVERY_MS, signal);
    }
  }
}

/** The first words of a stream say that it is there. */
function beginning(listener: LineListener): (news: LiveNews) => void {
  let begun = false;
  return (news) => {
    listener.turn('live');
    listener.hear(begun ? news : { ...news, reset: true });
    begun = true;
  };
}

const NO_ANSWER_MS = 10_000;

/** Asked of anybody, without the cookie: a tab that nobody sees must not keep a session alive. */
async function isThere(): Promise<boolean> {
  try {
    const { status } = await fetch(addressOf('getSignInWays'), {
      credentials: 'omit',
      redirect: 'error',
      cache: 'no-store',
      signal: AbortSignal.timeout(NO_ANSWER_MS),
    });
    // A no is an answer.
    return status < 500;
  } catch {
    return false;
  }
}

/** The browser says when the network is back: sooner than the clock. */
function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const go = () => resolve();
  const timer = setTimeout(go, milliseconds);
  signal.addEventListener('abort', go);
  window.addEventListener('online', go);
  return promise.finally(() => {
    clearTimeout(timer);
    signal.removeEventListener('abort', go);
    window.removeEventListener('online', go);
  });
}
