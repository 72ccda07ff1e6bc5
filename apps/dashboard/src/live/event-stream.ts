import operations from 'virtual:operations';
import type { RunProgressObject, StreamedEventObject } from '#contract';
import { addressOf } from '../api/call.ts';
import { EventReader } from './read-events.ts';

/** What one piece of the stream told; an empty one is a sign of life. */
export interface LiveNews {
  changes: StreamedEventObject[];
  progress: RunProgressObject[];
  /** What happened meanwhile cannot be told: everything is read again. */
  reset: boolean;
}

/** Its first words come at once. Something on the way that holds them back would hold back the others too. */
const FIRST_WORDS_MS = 5_000;
/** The api beats every 15 s: two of them may be missed. */
const SILENCE_MS = 40_000;

/**
 * Reads the stream of events until it ends. By fetch: the browser's EventSource hides beats and the status of a refusal.
 * @returns how it ended: `refused` with an answer, `failed` without one, `ended` after it had begun
 */
export async function readEventStream(
  tell: (news: LiveNews) => void,
  signal: AbortSignal,
): Promise<'refused' | 'failed' | 'ended'> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), FIRST_WORDS_MS);
  let outcome: 'failed' | 'ended' = 'failed';
  try {
    const pieces = await openStream('streamEvents', {}, AbortSignal.any([signal, silence.signal]));
    if (!pieces) return 'refused';
    const reader = new EventReader();
    for await (const text of pieces) {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS);
      outcome = 'ended';
      tell(newsOf(reader, text));
    }
    return outcome;
  } catch {
    return outcome;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Where a run stands as its own stream begins: what was delivered in bytes stands nowhere else, and the stream of all tells of a run
 * only what happens from now on. null where nothing was told.
 */
export async function readFirstProgress(id: string, signal: AbortSignal): Promise<RunProgressObject | null> {
  try {
    const inTime = AbortSignal.any([signal, AbortSignal.timeout(FIRST_WORDS_MS)]);
    const pieces = await openStream('streamRunEvents', { id }, inTime);
    const reader = new EventReader();
    for await (const text of pieces ?? []) {
      const [told] = newsOf(reader, text).progress;
      if (told) return told;
    }
    return null;
  } catch {
    return null;
  }
}

/** Its text, as it comes; whoever leaves it ends it. undefined where it is refused. */
async function openStream(
  id: 'streamEvents' | 'streamRunEvents',
  params: Record<string, string>,
  signal: AbortSignal,
): Promise<AsyncGenerator<string> | undefined> {
  const response = await fetch(addressOf(id, { params }), {
    headers: { accept: operations[id].answers },
    credentials: 'same-origin',
    redirect: 'error',
    cache: 'no-store',
    signal,
  });
  return response.ok && response.body ? textOf(response.body) : undefined;
}

async function* textOf(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function newsOf(reader: EventReader, text: string): LiveNews {
  const news: LiveNews = { changes: [], progress: [], reset: false };
  for (const { name, data } of reader.read(text)) {
    if (name === 'change') news.changes.push(JSON.parse(data) as StreamedEventObject);
    else if (name === 'progress') news.progress.push(JSON.parse(data) as RunProgressObject);
    else if (name === 'reset') news.reset = true;
  }
  return news;
}
