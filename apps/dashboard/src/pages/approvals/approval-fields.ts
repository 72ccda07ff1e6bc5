import type { FieldSpec } from '../../forms/field-spec.ts';
import { ENDPOINT_FIELDS } from '../endpoints/endpoint-fields.ts';
import { PARTNER_FIELDS } from '../partners/partner-fields.ts';
import { ROUTE_FIELDS } from '../routes/route-fields.ts';

const text = (path: string, label: string): FieldSpec => ({ kind: 'text', path, label });

const RIGHTS: readonly FieldSpec[] = [
  text('role', 'Role'),
  text('partners', 'Partners'),
  text('routes', 'Routes'),
  text('expiresAt', 'Expires'),
  { kind: 'flag', path: 'disabled', label: 'Disabled', default: false },
];

/** How the options of whatever an approval changes are called. */
const FIELDS: Readonly<Record<string, readonly FieldSpec[]>> = {
  partner: PARTNER_FIELDS,
  endpoint: ENDPOINT_FIELDS,
  route: ROUTE_FIELDS,
  user: RIGHTS,
  api_key: RIGHTS,
  secret: [
    text('value', 'Value'),
    text('partner', 'Who may use it'),
    { kind: 'number', path: 'version', label: 'Version' },
  ],
};

export function fieldsOf(noun: string): readonly FieldSpec[] {
  return FIELDS[noun] ?? [];
}
