import type { FieldSpec } from '../../forms/field-spec.ts';

/** Everything that is configured of a partner. */
export const PARTNER_FIELDS: readonly FieldSpec[] = [
  {
    kind: 'text',
    path: 'name',
    label: 'Name',
    hint: 'Letters, digits, dots, dashes and underscores. It stands in the evidence, and never changes.',
    placeholder: 'acme',
    required: true,
    trim: true,
  },
];
