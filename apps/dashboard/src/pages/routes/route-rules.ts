import type { FieldSpec, FormValues } from '../../forms/field-spec.ts';
import { readPath } from '../../forms/path.ts';

const PROVEN = new Set<unknown>(['read_back', 'hash_by_server']);
export const provesByHash = (values: FormValues) => PROVEN.has(readPath(values, 'verify.minimum'));

const PROOF: readonly FieldSpec[] = [
  {
    kind: 'choice',
    path: 'verify.minimum',
    label: 'A delivery is proven by',
    default: 'size',
    options: [
      {
        value: 'none',
        label: 'Nothing',
        means: "The server's confirmation is enough. For servers that change line ends (text).",
      },
      { value: 'size', label: 'Its size', means: 'What the server says it has is compared.' },
      {
        value: 'read_back',
        label: 'Reading it back',
        means: 'The file is read from the destination and its SHA-256 compared. It costs a second way.',
      },
      {
        value: 'hash_by_server',
        label: "The server's hash",
        means: 'The server computes it (HASH, XSHA256 …). Fails where it cannot; the doctor knows.',
      },
    ],
  },
  {
    kind: 'choice',
    path: 'onAmbiguous',
    label: 'When nobody can tell whether it arrived',
    hint: 'The connection broke at the very moment of the rename.',
    default: 'hold',
    options: [
      { value: 'hold', label: 'Hold it', means: 'A person looks and decides. Never lost, never twice.' },
      { value: 'resend', label: 'Send it again', means: 'The partner may get it twice.' },
      { value: 'assume_delivered', label: 'Take it as delivered', means: 'It may be missing.' },
    ],
  },
  {
    kind: 'flag',
    path: 'resume',
    label: 'Go on with a broken file where it ended',
    hint: 'For large files. Only with a proof by hash: reading back, or the server’s.',
    default: false,
    onlyDefault: (values) => !provesByHash(values),
  },
];

const RETRY: readonly FieldSpec[] = [
  {
    kind: 'number',
    path: 'retry.maxAttempts',
    label: 'Attempts for each file',
    hint: '1 to 100. What no attempt can mend fails at once: a wrong password, a missing folder.',
    default: 5,
  },
  {
    kind: 'number',
    path: 'retry.firstDelayMs',
    label: 'First pause',
    hint: 'Between the first attempt and the second. A busy partner is left alone one step longer.',
    default: 30_000,
    unit: { label: 's', factor: 1_000 },
  },
  {
    kind: 'number',
    path: 'retry.factor',
    label: 'Each pause so many times longer',
    hint: '1 keeps them alike.',
    default: 2,
  },
  {
    kind: 'number',
    path: 'retry.maxDelayMs',
    label: 'Longest pause',
    hint: 'No pause grows beyond it.',
    default: 900_000,
    unit: { label: 's', factor: 1_000 },
  },
  {
    kind: 'number',
    path: 'retry.jitter',
    label: 'Random part of a pause',
    hint: 'So that many files do not come back in the same second.',
    default: 0.2,
    unit: { label: '%', factor: 0.01 },
  },
];

const CAPACITY: readonly FieldSpec[] = [
  {
    kind: 'number',
    path: 'lanes',
    label: 'Files at once (lanes)',
    hint: '1 to 64. The sessions of both endpoints bound it too.',
    default: 4,
  },
  {
    kind: 'number',
    path: 'priority',
    label: 'Priority',
    hint: '1 goes first, 9 last, where workers have more to do than they can.',
    default: 5,
  },
  {
    kind: 'text',
    path: 'workerTag',
    label: 'Only workers with the tag',
    hint: 'Those that were started with it in WAYBILL_WORKER_TAGS. Empty: any worker.',
    placeholder: 'dmz',
    trim: true,
  },
];

const WINDOW: readonly FieldSpec[] = [
  {
    kind: 'group',
    path: 'window',
    label: 'Files move only at certain hours',
    hint: 'Outside of them runs wait. What is under way when it closes comes to its end.',
  },
  {
    kind: 'text',
    path: 'window.from',
    label: 'Opens at',
    hint: 'HH:MM.',
    placeholder: '20:00',
    required: true,
    trim: true,
  },
  {
    kind: 'text',
    path: 'window.to',
    label: 'Closes at',
    hint: 'HH:MM. Earlier than it opens: the next day.',
    placeholder: '06:00',
    required: true,
    trim: true,
  },
  {
    kind: 'text',
    path: 'window.timezone',
    label: 'Time zone of the window',
    hint: 'Whose clock is meant.',
    placeholder: 'Europe/London',
    required: true,
    trim: true,
  },
];

const PARAMETERS: readonly FieldSpec[] = [
  {
    kind: 'own',
    path: 'parameters',
    label: 'Parameters',
    hint: 'What whoever starts a run may say, such as a date. {param.NAME} stands for it in folders, patterns and names.',
  },
];

const STANDING: readonly FieldSpec[] = [
  {
    kind: 'flag',
    path: 'enabled',
    label: 'Switched on',
    default: true,
    means: {
      on: 'Its schedule fires, and it can be run.',
      off: 'Nothing runs, whoever asks. What is under way comes to its end.',
    },
  },
];

/** The less common half of the options of a route. */
export const ROUTE_RULES = {
  proof: PROOF,
  retry: RETRY,
  capacity: CAPACITY,
  window: WINDOW,
  parameters: PARAMETERS,
  standing: STANDING,
} as const;
