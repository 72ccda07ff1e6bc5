import fc from 'fast-check';
import {
  type AssuranceLevel,
  type OnAmbiguous,
  type OnExisting,
  type SourceDisposition,
  TRANSFER_DECISIONS,
  type TransferDecision,
} from '#domain';

/** What the route says and what its two endpoints can do. */
export interface Setting {
  onExisting: OnExisting;
  onAmbiguous: OnAmbiguous;
  minimum: AssuranceLevel;
  dispose: SourceDisposition;
  resume: boolean;
  source: EndpointKind;
  destination: EndpointKind;
  /** What happens in the end to workers that stand still. */
  frozen: 'wake' | 'die';
}

/** A directory of our own, a partner's server, one that computes SHA-256. */
export type EndpointKind = 'local' | 'remote' | 'hashing';

/** What goes wrong with the next request it can go wrong with. `taken`: the partner takes the file as soon as it is there. */
export const TROUBLES = [
  'none',
  'refused',
  'lost_before',
  'lost_after',
  'pretended',
  'short',
  'taken',
] as const;
export type Trouble = (typeof TROUBLES)[number];

/** Plain data: a sequence that found something is kept as it was printed. */
export type Step =
  | { do: 'put'; file: number; chunks: number; inPlace: boolean }
  | { do: 'vanish' | 'consume' | 'occupy'; file: number }
  | { do: 'list' | 'cancel' | 'pause' | 'resume' | 'rerun' | 'arrive' }
  /** So many requests and commits go well; `trouble` hits the next one it can. `early`: facts are committed while bytes flow. */
  | { do: 'work'; worker: number; calls: number; trouble: Trouble; early: boolean }
  /** `sent`: what the worker had sent by then still arrives. */
  | { do: 'kill'; worker: number; sent: boolean }
  | { do: 'freeze' | 'wake'; worker: number }
  /** `outage`: no lease can be renewed meanwhile. */
  | { do: 'advance'; seconds: number; outage: boolean }
  | { do: 'disk'; full: boolean }
  | { do: 'resolve'; decision: TransferDecision };

export interface Scenario {
  setting: Setting;
  steps: Step[];
}

export const WORKERS = 3;
export const FILES = 2;

const setting: fc.Arbitrary<Setting> = fc.record({
  onExisting: fc.constantFrom('refuse', 'overwrite', 'version'),
  onAmbiguous: fc.constantFrom('hold', 'resend', 'assume_delivered'),
  minimum: fc.constantFrom('size', 'size', 'none', 'read_back', 'hash_by_server'),
  dispose: fc.constantFrom('keep', 'delete', 'delete', 'archive'),
  resume: fc.boolean(),
  source: fc.constantFrom('local', 'remote', 'hashing'),
  destination: fc.constantFrom('local', 'remote', 'hashing'),
  frozen: fc.constantFrom('wake', 'die'),
});

const file = fc.nat(FILES - 1);
const worker = fc.nat(WORKERS - 1);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 14,
    arbitrary: fc.record({
      do: fc.constant('work'),
      worker,
      calls: fc.oneof(fc.nat(60), fc.constant(200)),
      trouble: fc.oneof(
        { weight: 2, arbitrary: fc.constant('none') },
        { weight: 1, arbitrary: fc.constantFrom(...TROUBLES) },
      ),
      early: fc.boolean(),
    }) as fc.Arbitrary<Step>,
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('kill'), worker, sent: fc.boolean() }) as fc.Arbitrary<Step>,
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('freeze'), worker }) as fc.Arbitrary<Step> },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wake'), worker }) as fc.Arbitrary<Step> },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('advance'),
      seconds: fc.constantFrom(1, 15, 50, 70, 70),
      outage: fc.boolean(),
    }) as fc.Arbitrary<Step>,
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('put'),
      file,
      chunks: fc.integer({ min: 1, max: 3 }),
      inPlace: fc.boolean(),
    }) as fc.Arbitrary<Step>,
  },
  { weight: 4, arbitrary: fc.constant<Step>({ do: 'list' }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('consume', 'consume', 'vanish', 'occupy'),
      file,
    }) as fc.Arbitrary<Step>,
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('cancel', 'pause', 'resume', 'rerun', 'arrive', 'arrive'),
    }) as fc.Arbitrary<Step>,
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('disk'), full: fc.boolean() }) as fc.Arbitrary<Step> },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('resolve'),
      decision: fc.constantFrom(...TRANSFER_DECISIONS),
    }) as fc.Arbitrary<Step>,
  },
);

export const scenarios: fc.Arbitrary<Scenario> = fc.record({
  setting,
  steps: fc
    .array(step, { minLength: 3, maxLength: 24, size: 'max' })
    .map((steps): Step[] => [{ do: 'put', file: 0, chunks: 2, inPlace: false }, { do: 'list' }, ...steps]),
});
