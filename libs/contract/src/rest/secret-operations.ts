import type { Role } from '#domain';
import { pending } from './configuration-operations.ts';
import { pageOf } from './objects.ts';
import { AUDIT, byName, type Operation, onlyPaging } from './operation.ts';
import { changeSecretSchema, secretObjectSchema, setSecretSchema } from './secret-objects.ts';

const ADMINISTER: readonly Role[] = ['admin'];

/** Secrets can be set, listed and deleted, and never be read. They are administered by who reaches everything. */
export const SECRETS = {
  listSecrets: {
    method: 'GET',
    path: '/secrets',
    summary: 'Secrets by name, with their versions and ages; never a value',
    access: AUDIT,
    only: 'whole_installation',
    query: onlyPaging,
    success: { status: 200, description: 'A page of secrets', schema: pageOf(secretObjectSchema) },
    problems: ['invalid_cursor'],
  },
  setSecret: {
    method: 'PUT',
    path: '/secrets/{name}',
    summary: "Seals a value to the installation's public key; only workers can open it",
    access: ADMINISTER,
    only: 'whole_installation',
    params: byName,
    body: setSecretSchema,
    success: { status: 200, description: 'The secret, without its value', schema: secretObjectSchema },
    accepted: pending,
    problems: ['no_sealing_key', 'in_use'],
  },
  changeSecret: {
    method: 'PATCH',
    path: '/secrets/{name}',
    summary: 'Says whose a secret is; its value stays as it is',
    access: ADMINISTER,
    only: 'whole_installation',
    params: byName,
    body: changeSecretSchema,
    success: { status: 200, description: 'The secret, without its value', schema: secretObjectSchema },
    accepted: pending,
    problems: ['not_found', 'in_use'],
  },
  deleteSecret: {
    method: 'DELETE',
    path: '/secrets/{name}',
    summary: 'Deletes a secret that no endpoint refers to',
    access: ADMINISTER,
    only: 'whole_installation',
    params: byName,
    success: { status: 204, description: 'It is gone', empty: true },
    accepted: pending,
    problems: ['not_found', 'in_use'],
  },
} as const satisfies Record<string, Operation>;
