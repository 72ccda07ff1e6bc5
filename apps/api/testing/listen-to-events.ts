/** One event as a browser would hand it out; `id` is the place that it would remember. */
export interface HeardEvent {
  event: string;
  id: string;
  data: Record<string, unknown>;
}

export interface Listening {
  status: number;
  heard: HeardEvent[];
  /** The newest id, of an event or on its own. */
  lastEventId(): string;
  comments: string[];
  /** Resolves with how the server ended the stream. */
  ended: Promise<'ended' | 'cut'>;
  /** Resolves with the first event that fits, also one of before. */
  hears(fits: (event: HeardEvent) => boolean): Promise<HeardEvent>;
  leave(): void;
}

/** A client of server-sent events, as the HTML standard describes it. */
export async function listenToEvents(
  url: string,
  key: string,
  { lastEventId }: { lastEventId?: string } = {},
): Promise<Listening> {
  const leaving = new AbortController();
  const response = await fetch(url, {
    headers: {
      authorization: `Bearer ${key}`,
      ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
    },
    signal: leaving.signal,
  });
  let place = lastEventId ?? '';
  let changed = Promise.withResolvers<void>();
  const listening: Listening = {
    status: response.status,
    heard: [],
    comments: [],
    lastEventId: () => place,
    ended: follow().then(
      () => 'ended' as const,
      () => 'cut' as const,
    ),
    async hears(fits) {
      for (;;) {
        const found = listening.heard.find(fits);
        if (found) return found;
        await changed.promise;
      }
    },
    leave: () => leaving.abort(),
  };
  // It begins with its place.
  while (response.status === 200 && place === '') await changed.promise;
  return listening;

  async function follow(): Promise<void> {
    if (response.status !== 200) return;
    let rest = '';
    for await (const text of response.body!.pipeThrough(new TextDecoderStream())) {
      const blocks = `${rest}${text}`.split('\n\n');
      rest = blocks.pop()!;
      for (const block of blocks) hear(block.split('\n'));
      changed.resolve();
      changed = Promise.withResolvers();
    }
  }

  function hear(lines: readonly string[]): void {
    const field = (name: string) =>
      lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
    listening.comments.push(...lines.filter((line) => line.startsWith(':')));
    place = field('id') ?? place;
    const data = field('data');
    if (data !== undefined)
      listening.heard.push({
        event: field('event') ?? 'message',
        id: place,
        data: JSON.parse(data) as Record<string, unknown>,
      });
  }
}
