import type { FormValues } from '../../forms/field-spec.ts';

// Which protocol an option belongs to.

export const isServer = (values: FormValues) => values['protocol'] !== 'local';
export const isFtps = (values: FormValues) => values['protocol'] === 'ftps';
export const isLocal = (values: FormValues) => values['protocol'] === 'local';
