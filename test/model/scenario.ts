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
  'garbled',
  'taken',
] as const;
export type Trouble = (typeof TROUBLES)[number];

/**
 * Where a worker can be stopped: before any call or its answer; before or after a commit; before or after a rename; before a
 * file is removed; before the answer to a look, or to a piece that was written.
 */
export const PLACES = [
  'call',
  'commit',
  'committed',
  'rename',
  'renamed',
  'remove',
  'looked',
  'written',
] as const;
export type Place = (typeof PLACES)[number];

/** Plain data: a sequence that found something is kept as it was printed. */
export type Step =
  | { do: 'put'; file: number; chunks: number; inPlace: boolean }
  | { do: 'vanish' | 'consume' | 'occupy'; file: number }
  | { do: 'list' | 'cancel' | 'pause' | 'resume' | 'rerun' | 'arrive' }
  /** It goes on until it has stood at so many such places; `trouble` hits the next call it can. `early`: facts are committed while bytes flow. */
  | { do: 'work'; worker: number; to: Place; times: number; trouble: Trouble; early: boolean }
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
/** More calls than any file takes. */
export const TO_THE_END = 500;

const setting: fc.Arbitrary<Setting> = fc
  .record<Setting>({
    onExisting: fc.constantFrom('refuse', 'overwrite', 'version'),
    onAmbiguous: fc.constantFrom('hold', 'resend', 'assume_delivered'),
    minimum: fc.constantFrom('size', 'size', 'none', 'read_back', 'hash_by_server'),
    dispose: fc.constantFrom('keep', 'delete', 'delete', 'archive'),
    resume: fc.boolean(),
    source: fc.constantFrom('local', 'remote', 'hashing'),
    destination: fc.constantFrom('local', 'remote', 'hashing'),
    frozen: fc.constantFrom('wake', 'die'),
  })
  .map((wanted) => ({ ...wanted, minimum: attainable(wanted) }));

/** A route that can never deliver shows nothing. */
function attainable({ minimum, source, destination }: Setting): AssuranceLevel {
  const hashes = source === 'hashing' || destination === 'hashing';
  return minimum === 'hash_by_server' && !hashes ? 'read_back' : minimum;
}

const file = fc.nat(FILES - 1);
const worker = fc.nat(WORKERS - 1);

/** Mostly nothing goes wrong, so that something can go wrong later. */
const trouble = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Trouble>('none') },
  { weight: 1, arbitrary: fc.constantFrom(...TROUBLES) },
);

const work: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: workTo(fc.constant<Place>('call'), fc.nat(60)) },
  { weight: 3, arbitrary: workTo(fc.constantFrom(...PLACES), fc.integer({ min: 1, max: 4 })) },
  { weight: 1, arbitrary: workTo(fc.constant<Place>('call'), fc.constant(TO_THE_END)) },
);

function workTo(to: fc.Arbitrary<Place>, times: fc.Arbitrary<number>): fc.Arbitrary<Step> {
  return fc.record({ do: fc.constant('work' as const), worker, to, times, trouble, early: fc.boolean() });
}

function oneOf<D extends string>(...what: D[]): fc.Arbitrary<D> {
  return fc.constantFrom(...what);
}

const kill: fc.Arbitrary<Step> = fc.record({ do: oneOf('kill'), worker, sent: fc.boolean() });
const freeze: fc.Arbitrary<Step> = fc.record({ do: oneOf('freeze'), worker });
const wake: fc.Arbitrary<Step> = fc.record({ do: oneOf('wake'), worker });
const advance: fc.Arbitrary<Step> = fc.record({
  do: oneOf('advance'),
  seconds: fc.constantFrom(1, 15, 50, 70, 70),
  outage: fc.boolean(),
});
const put: fc.Arbitrary<Step> = fc.record({
  do: oneOf('put'),
  file,
  chunks: fc.integer({ min: 1, max: 3 }),
  inPlace: fc.boolean(),
});
const partner: fc.Arbitrary<Step> = fc.record({ do: oneOf('consume', 'consume', 'vanish', 'occupy'), file });
const person: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: oneOf('cancel', 'pause', 'resume', 'rerun') }),
  fc.record({ do: oneOf('resolve'), decision: fc.constantFrom(...TRANSFER_DECISIONS) }),
);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 14, arbitrary: work },
  { weight: 3, arbitrary: kill },
  { weight: 3, arbitrary: freeze },
  { weight: 3, arbitrary: wake },
  { weight: 5, arbitrary: advance },
  { weight: 4, arbitrary: put },
  { weight: 4, arbitrary: fc.record({ do: oneOf('list') }) },
  { weight: 3, arbitrary: partner },
  { weight: 3, arbitrary: person },
  { weight: 2, arbitrary: fc.record({ do: oneOf('arrive') }) },
  { weight: 1, arbitrary: fc.record({ do: oneOf('disk'), full: fc.boolean() }) },
);

/** A worker dies or falls asleep somewhere, and its lease runs out. */
const loss: fc.Arbitrary<Step[]> = fc
  .record({ work, ending: fc.oneof(kill, freeze) })
  .map(({ work, ending }): Step[] => [
    work,
    'worker' in work && 'worker' in ending ? { ...ending, worker: work.worker } : ending,
    { do: 'advance', seconds: 70, outage: false },
  ]);

/** A worker falls asleep somewhere, another goes on, something happens, and the first one wakes. */
const late: fc.Arbitrary<Step[]> = fc
  .record({
    first: work,
    second: work,
    between: fc.oneof(put, put, partner, step),
    slots: fc.constantFrom([0, 1], [1, 2], [2, 0]),
  })
  .map(({ first, second, between, slots: [sleeper, other] }): Step[] => [
    { ...first, worker: sleeper } as Step,
    { do: 'freeze', worker: sleeper! },
    { do: 'advance', seconds: 70, outage: false },
    { ...second, worker: other } as Step,
    between,
    { do: 'wake', worker: sleeper! },
    { do: 'work', worker: sleeper!, to: 'call', times: TO_THE_END, trouble: 'none', early: false },
  ]);

const steps = fc.oneof(
  { weight: 10, arbitrary: step.map((one) => [one]) },
  { weight: 2, arbitrary: loss },
  { weight: 1, arbitrary: late },
);

export const scenarios: fc.Arbitrary<Scenario> = fc.record({
  setting,
  steps: fc
    .array(steps, { minLength: 3, maxLength: 20, size: 'max' })
    .map((blocks): Step[] => [
      { do: 'put', file: 0, chunks: 2, inPlace: false },
      { do: 'list' },
      ...blocks.flat(),
    ]),
});
