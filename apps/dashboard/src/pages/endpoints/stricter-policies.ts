import type { PostureObject } from '#contract';
import type { Tone } from '../../ui/state-badge.tsx';

type Stricter = PostureObject['stricter'][number];

export const POLICY_TITLES: Readonly<Record<Stricter['policy'], string>> = {
  no_legacy_policies: 'No legacy policies',
  tls_1_3: 'TLS 1.3 only',
  ciphers_256_bit: 'Ciphers of 256 bits',
  post_quantum_key_exchange: 'Post-quantum key exchange',
  session_reuse_required: 'Session reuse on data connections',
  close_notify_required: 'Listings end with close_notify',
  pinned_key: 'A pinned key',
};

export const EFFECTS: Readonly<Record<Stricter['effect'], { tone: Tone; says: string }>> = {
  in_force: { tone: 'good', says: 'in force already' },
  holds: { tone: 'good', says: 'nothing breaks' },
  breaks: { tone: 'bad', says: 'breaks' },
  unknown: { tone: 'idle', says: 'not known' },
};

/** `2 of 7 stricter policies would break connections`: for a glance. */
export function strictSummary(stricter: readonly Stricter[]): {
  breaks: number;
  unknown: number;
  total: number;
} {
  return {
    breaks: stricter.filter(({ effect }) => effect === 'breaks').length,
    unknown: stricter.filter(({ effect }) => effect === 'unknown').length,
    total: stricter.length,
  };
}
