import type { Phase } from '#domain';
import type { MoveFact } from '#transfer';

/** Where an error that carries no phase of its own belongs, by the last fact before it. */
export const PHASE_AFTER: Readonly<Record<MoveFact['kind'], Phase>> = {
  streaming: 'stream',
  verifying: 'verify',
  publish_intended: 'publish',
  publish_withdrawn: 'publish',
  published: 'dispose',
  disposed: 'dispose',
};

/**
 * The engine waits for these facts to be committed: a rename or a disposition comes next. The others share the next
 * commit, so that a small file costs three transactions at most, and those are shared with other lanes.
 */
export function isFollowedByAStepThatStays(fact: MoveFact): boolean {
  switch (fact.kind) {
    case 'streaming':
    case 'verifying':
      return false;
    case 'published':
      return fact.disposes;
    case 'publish_intended':
    case 'publish_withdrawn':
    case 'disposed':
      return true;
  }
}

/** Awaited later: a refusal in the meantime is no unhandled one. */
export function observed<T>(recorded: Promise<T>): Promise<T> {
  recorded.catch(() => undefined);
  return recorded;
}
