import type { FieldSpec, FormValues } from '../../forms/field-spec.ts';
import { readPath } from '../../forms/path.ts';
import { ROUTE_RULES } from './route-rules.ts';

/** A regular expression stands instead of patterns; null while patterns are chosen. */
const selectsByRegex = (values: FormValues) => typeof readPath(values, 'source.regex') === 'string';

const WAY: readonly FieldSpec[] = [
  {
    kind: 'text',
    path: 'name',
    label: 'Name',
    hint: 'Letters, digits, dots, dashes and underscores. Runs and evidence carry it, and it never changes.',
    placeholder: 'nightly-positions',
    required: true,
    trim: true,
  },
  { kind: 'text', path: 'source.endpoint', label: 'From endpoint', required: true },
  {
    kind: 'text',
    path: 'source.path',
    label: 'Source folder',
    hint: 'Absolute. {param.NAME} stands for a parameter of the run.',
    placeholder: '/out',
    required: true,
    trim: true,
  },
  {
    kind: 'list',
    path: 'source.select',
    label: 'Files to take',
    hint: '* stands for any characters, ? for one. One match is enough.',
    item: 'a pattern',
    placeholder: '*.csv',
    default: ['*'],
    mono: true,
    applies: (values) => !selectsByRegex(values),
  },
  {
    kind: 'own',
    path: 'source.regex',
    label: 'Regular expression',
    applies: selectsByRegex,
  },
  {
    kind: 'list',
    path: 'source.exclude',
    label: 'Files to leave out',
    hint: 'Patterns, as above; they win. With none given, nothing is left out.',
    item: 'a pattern',
    placeholder: '*.tmp',
    default: [],
    mono: true,
  },
  { kind: 'text', path: 'destination.endpoint', label: 'To endpoint', required: true },
  {
    kind: 'text',
    path: 'destination.path',
    label: 'Destination folder',
    hint: 'Absolute. It is made where it is missing. {param.NAME} stands for a parameter of the run.',
    placeholder: '/positions',
    required: true,
    trim: true,
  },
];

const SCHEDULE: readonly FieldSpec[] = [
  {
    kind: 'group',
    path: 'schedule',
    label: 'It runs by a schedule',
    hint: 'Without one, runs begin by hand, by the API or by an application.',
  },
  {
    kind: 'text',
    path: 'schedule.cron',
    label: 'Cron expression',
    hint: 'Minute, hour, day of month, month, day of week.',
    placeholder: '15 2 * * mon-fri',
    required: true,
    trim: true,
  },
  {
    kind: 'text',
    path: 'schedule.timezone',
    label: 'Time zone',
    hint: 'Whose clock is meant. Changes to and from summer time are taken care of.',
    placeholder: 'Europe/London',
    required: true,
    trim: true,
  },
  {
    kind: 'choice',
    path: 'schedule.misfire',
    label: 'Moments missed while Waybill was down',
    default: 'run_once',
    options: [
      { value: 'run_once', label: 'Run once', means: 'The newest one runs and stands for those before it.' },
      { value: 'run_all', label: 'Run all', means: 'Each of them runs.' },
      {
        value: 'skip',
        label: 'Skip',
        means: 'More than a minute late is too late: it is recorded as missed.',
      },
    ],
  },
  {
    kind: 'choice',
    path: 'schedule.overlap',
    label: 'When the run before is not finished',
    default: 'skip',
    options: [
      { value: 'skip', label: 'Skip', means: 'Nothing runs; it is recorded as skipped.' },
      { value: 'queue_one', label: 'Let one wait', means: 'One more run may wait behind it.' },
      { value: 'parallel', label: 'Run beside it', means: 'A run begins, whatever others are doing.' },
    ],
  },
];

const ARRIVAL: readonly FieldSpec[] = [
  {
    kind: 'text',
    path: 'destination.name',
    label: 'Name at the destination',
    hint: '{name} is the name it came with, {stem} and {extension} its parts, {date} and {time} the moment the run was due, {param.NAME} a parameter.',
    default: '{name}',
    trim: true,
  },
  {
    kind: 'choice',
    path: 'destination.onExisting',
    label: 'When there is a file of that name',
    default: 'refuse',
    options: [
      { value: 'refuse', label: 'Refuse', means: 'The transfer fails; what is there stays.' },
      { value: 'overwrite', label: 'Overwrite', means: 'It is replaced.' },
      { value: 'version', label: 'Keep both', means: 'The new one becomes name-2, name-3 …' },
    ],
  },
  {
    kind: 'flag',
    path: 'destination.keepModified',
    label: 'Keep the time of modification',
    hint: "The delivered file gets the source's time, where both servers can state it.",
    default: false,
  },
];

const AFTER: readonly FieldSpec[] = [
  {
    kind: 'choice',
    path: 'afterDelivery.source',
    label: 'The file at the source',
    default: 'keep',
    options: [
      {
        value: 'keep',
        label: 'Stays',
        means: 'It is not moved twice: the same version is recognised and left out.',
      },
      { value: 'delete', label: 'Is deleted', means: 'Once the delivery is proven, not before.' },
      { value: 'archive', label: 'Is moved to a folder', means: 'Once the delivery is proven, not before.' },
    ],
  },
  {
    kind: 'text',
    path: 'afterDelivery.to',
    label: 'Archive folder',
    hint: 'Absolute, on the same endpoint.',
    placeholder: '/out/done',
    required: true,
    trim: true,
    applies: (values) => readPath(values, 'afterDelivery.source') === 'archive',
  },
];

const COMPLETE: readonly FieldSpec[] = [
  {
    kind: 'flag',
    path: 'source.recursive',
    label: 'Folders below it too',
    hint: 'They are kept at the destination. Patterns are held against the path below the folder then.',
    default: false,
  },
  {
    kind: 'number',
    path: 'source.settleMs',
    label: 'At rest for',
    hint: 'A file is complete when it looks the same twice, so far apart. 0 takes it at the first look.',
    default: 5_000,
    unit: { label: 's', factor: 1_000 },
  },
  {
    kind: 'text',
    path: 'source.marker',
    label: 'Marker file',
    hint: 'A file is complete when this stands beside it, such as {name}.done or {stem}.ok. Empty: no marker is needed.',
    placeholder: '{name}.done',
    trim: true,
  },
];

/** Every option of a route: the form, the facts of its page and its history are made of these. */
export const ROUTE_FIELDS: readonly FieldSpec[] = [
  ...WAY,
  ...SCHEDULE,
  ...ARRIVAL,
  ...AFTER,
  ...COMPLETE,
  ...Object.values(ROUTE_RULES).flat(),
];

/** Where each stands: the common things first. */
export const ROUTE_SECTIONS = {
  way: WAY,
  schedule: SCHEDULE,
  after: AFTER,
  arrival: ARRIVAL,
  complete: COMPLETE,
  ...ROUTE_RULES,
} as const;

export type SectionId = keyof typeof ROUTE_SECTIONS;

export const SECTION_TITLES: Readonly<Record<SectionId, string>> = {
  way: 'What moves',
  schedule: 'When it runs',
  after: 'After the delivery',
  arrival: 'At the destination',
  complete: 'When a file is complete',
  proof: 'Proof and doubt',
  retry: 'Trying again',
  capacity: 'How much at once, and where',
  window: 'Window',
  parameters: 'Parameters of runs',
  standing: 'On or off',
};
