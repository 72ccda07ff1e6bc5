import type { RetryAdvice } from './errors.ts';
import type { RetryPolicy } from './transfer-route.ts';

export type RetryDecision =
  | { kind: 'retry'; delayMs: number }
  | { kind: 'fail'; because: 'never' | 'attempts_used_up' };

/**
 * Pure: what to do after attempt number `attempt` (1-based) failed.
 * `random` in 0..1 spreads the delay by the policy's jitter, so that many lanes do not return at once.
 */
export function decideRetry(
  advice: RetryAdvice,
  attempt: number,
  policy: RetryPolicy,
  random: number,
): RetryDecision {
  if (advice === 'never') return { kind: 'fail', because: 'never' };
  if (attempt >= policy.maxAttempts) return { kind: 'fail', because: 'attempts_used_up' };
  // A busy partner is left alone one step longer than a broken connection.
  const steps = advice === 'later' ? attempt : attempt - 1;
  const plain = Math.min(policy.firstDelayMs * policy.factor ** steps, policy.maxDelayMs);
  const spread = 1 + policy.jitter * (2 * random - 1);
  return { kind: 'retry', delayMs: Math.round(plain * spread) };
}
