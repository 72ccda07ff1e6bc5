/** What tabs of one browser tell each other of who is signed in: they share one cookie. */
export type SessionWord = { kind: 'signed_in'; name: string } | { kind: 'signed_out' };

const NAME = 'waybill.session';
let channel: BroadcastChannel | undefined;

function open(): BroadcastChannel | undefined {
  channel ??= typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel(NAME);
  return channel;
}

export function tellOtherTabs(word: SessionWord): void {
  open()?.postMessage(word);
}

/** Returns how to stop listening. */
export function onOtherTabs(listener: (word: SessionWord) => void): () => void {
  const hear = ({ data }: MessageEvent<SessionWord>) => listener(data);
  open()?.addEventListener('message', hear);
  return () => open()?.removeEventListener('message', hear);
}
