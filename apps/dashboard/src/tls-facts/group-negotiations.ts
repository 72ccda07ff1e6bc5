import type { Attempt, TlsNegotiation } from '#contract';
import type { Tone } from '../ui/state-badge.tsx';

export interface SessionGroup {
  sessionId: string;
  endpoint: string;
  /** Which end of the transfer it is; undefined where the attempt does not say. */
  end: 'source' | 'destination' | undefined;
  /** The control connection first, then data connections in the order of time. */
  negotiations: TlsNegotiation[];
}

type Sessions = Pick<Attempt, 'sourceSessionId' | 'destinationSessionId'> & {
  negotiations: readonly TlsNegotiation[];
};

/** Handshakes of an attempt by their session: the source before the destination. */
export function groupNegotiations({
  sourceSessionId,
  destinationSessionId,
  negotiations,
}: Sessions): SessionGroup[] {
  const groups = new Map<string, SessionGroup>();
  for (const negotiation of negotiations) {
    const { sessionId, endpoint } = negotiation;
    const group = groups.get(sessionId);
    if (group) {
      group.negotiations.push(negotiation);
      continue;
    }
    const end =
      sessionId === sourceSessionId
        ? 'source'
        : sessionId === destinationSessionId
          ? 'destination'
          : undefined;
    groups.set(sessionId, { sessionId, endpoint, end, negotiations: [negotiation] });
  }
  const rank = { source: 0, destination: 1 } as const;
  const ordered = [...groups.values()].sort(
    (one, other) => (one.end ? rank[one.end] : 2) - (other.end ? rank[other.end] : 2),
  );
  for (const { negotiations: own } of ordered)
    own.sort(
      (one, other) =>
        Number(one.channel === 'data') - Number(other.channel === 'data') ||
        one.startedAt.localeCompare(other.startedAt),
    );
  return ordered;
}

/** All of it in one sentence: how many, and what is not as it should be. */
export function summarize(negotiations: readonly TlsNegotiation[]): { tone: Tone; says: string } {
  const count = (of: (negotiation: TlsNegotiation) => boolean) => negotiations.filter(of).length;
  const refused = count(({ verdict }) => verdict === 'refused');
  const unprotected = count(({ verdict }) => verdict === 'unprotected');
  const legacy = count(({ legacyPolicy, verdict }) => legacyPolicy !== null && verdict !== 'unprotected');
  const versions = [...new Set(negotiations.flatMap(({ protocol }) => protocol ?? []))].sort();
  const resumed = count((negotiation) => negotiation.resumed);
  const all = negotiations.length === 1 ? '1 connection' : `${negotiations.length} connections`;
  const trouble = [
    refused > 0 && `${refused} refused`,
    unprotected > 0 && `${unprotected} without protection`,
    legacy > 0 && `${legacy} under a legacy policy`,
  ].filter(Boolean);
  const facts = [all, versions.join(' and '), ...trouble, resumed > 0 && `${resumed} resumed`].filter(
    Boolean,
  );
  return {
    tone: refused > 0 ? 'bad' : unprotected + legacy > 0 ? 'warn' : 'good',
    says: facts.join(', '),
  };
}

/** The endpoint whose handshake was refused last: where to look first. */
export function suspectOf(negotiations: readonly TlsNegotiation[]): string | undefined {
  return negotiations.findLast(({ verdict }) => verdict === 'refused')?.endpoint;
}

type Check = TlsNegotiation['nameCheck'];

/** One check in words: `not_applicable` means something else for each, and on a resumed connection. */
export function checkSays(
  which: 'name' | 'pin' | 'chain',
  result: Check,
  { resumed, verdict }: Pick<TlsNegotiation, 'resumed' | 'verdict'>,
): { tone: Tone; says: string } {
  if (result === 'passed')
    return { tone: 'good', says: { name: 'name fits', pin: 'pin fits', chain: 'trusted' }[which] };
  if (result === 'failed')
    return {
      tone: 'bad',
      says: { name: 'another name', pin: 'key not pinned', chain: 'not trusted' }[which],
    };
  if (verdict === 'unprotected') return { tone: 'idle', says: 'no certificate' };
  if (resumed) return { tone: 'idle', says: 'as in the handshake it resumed' };
  return { tone: 'idle', says: which === 'pin' ? 'no pin is set' : 'not checked' };
}

const CLOSES: Readonly<Record<NonNullable<TlsNegotiation['closeNotify']>, string>> = {
  seen: 'seen: the data ended as it should',
  not_seen: 'not seen: the connection just ended',
  unobserved: 'not looked at',
};

/** Whether the end of the data was signed off, and what proves it otherwise. */
export function closeNotifySays({
  closeNotify,
  channel,
}: Pick<TlsNegotiation, 'closeNotify' | 'channel'>): string {
  if (closeNotify === null) return 'the connection is open';
  const says = CLOSES[closeNotify] ?? closeNotify;
  return closeNotify === 'unobserved' && channel === 'data' ? `${says}: size or hash prove the end` : says;
}
