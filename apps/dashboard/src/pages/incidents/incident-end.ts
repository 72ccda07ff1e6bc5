import type { Incident } from '#contract';

type Kind = Incident['kind'];

const DECIDED_BY_TRANSFER: ReadonlySet<Kind> = new Set([
  'transfer_in_doubt',
  'transfer_quarantined',
  'transfer_held',
]);

/** It ends with the decision on its transfer, and no other way. */
export function isDecidedByTransfer(kind: Kind): boolean {
  return DECIDED_BY_TRANSFER.has(kind);
}

const ENDS: Readonly<Record<Kind, string>> = {
  transfer_in_doubt: 'It ends with the decision on the transfer.',
  transfer_quarantined: 'It ends with the decision on the transfer.',
  transfer_held: 'It ends with the decision on the transfer.',
  login_refused: 'It ends by itself with the first login that is accepted.',
  run_failed: 'It ends by itself with the next run of the route that delivers everything.',
  callback_given_up:
    'It ends by itself with the next message that the receiver takes. What it has missed is not sent again.',
  keys_unavailable: 'It ends by itself when the keys can be read again; what waits goes on then.',
};

/** What puts an end to it. */
export function endSays(kind: Kind): string {
  return ENDS[kind] ?? 'It ends when somebody resolves it.';
}

export type Answer = 'acknowledge' | 'snooze' | 'resolve';

/** What a person can say to it now. */
export function answersTo({ kind, state }: Pick<Incident, 'kind' | 'state'>): Answer[] {
  if (state === 'resolved') return [];
  return [
    ...(state === 'acknowledged' ? [] : (['acknowledge'] as const)),
    'snooze',
    ...(isDecidedByTransfer(kind) ? [] : (['resolve'] as const)),
  ];
}
