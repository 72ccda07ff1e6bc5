import fc from 'fast-check';
import { type ErrorCode, TRANSFER_DECISIONS, type TransferDecision } from '#domain';
import type { MoveFact } from '#transfer';

const CODES = [
  'connection_lost',
  'delivery_in_doubt',
  'permission_denied',
  'cancelled',
  'shutting_down',
  'server_busy',
] as const;
const KINDS = [
  'streaming',
  'verifying',
  'publish_intended',
  'publish_withdrawn',
  'published',
  'disposed',
] as const;

/** What workers, people and the clock may do next; the numbers choose among what there is then. */
export type Move =
  | { do: 'plan'; files: number[] }
  | { do: 'claim'; run: number; worker: number }
  | { do: 'fact'; claim: number; kind: MoveFact['kind'] }
  /** A whole attempt up to this fact. */
  | { do: 'reach'; claim: number; facts: number }
  | { do: 'renew' | 'delivered'; claim: number }
  | { do: 'failure'; claim: number; code: ErrorCode }
  | { do: 'advance'; seconds: number }
  | { do: 'cancel' | 'settle' | 'rerun'; run: number }
  | { do: 'resolve'; transfer: number; decision: TransferDecision }
  | { do: 'pause' | 'resume' };

const index = fc.nat(5);
export const move = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('plan'), files: fc.subarray([0, 1, 2], { minLength: 1 }) }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('claim'), run: index, worker: fc.nat(1) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('fact'), claim: index, kind: fc.constantFrom(...KINDS) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('reach'), claim: index, facts: fc.integer({ min: 1, max: 4 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('renew', 'delivered', 'delivered'), claim: index }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('failure'), claim: index, code: fc.constantFrom(...CODES) }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('advance'), seconds: fc.constantFrom(25, 70) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('cancel', 'settle', 'rerun', 'rerun'), run: index }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('resolve'),
      transfer: index,
      decision: fc.constantFrom(...TRANSFER_DECISIONS),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('pause', 'resume') }) },
) as fc.Arbitrary<Move>;
