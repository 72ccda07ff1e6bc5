import { z } from 'zod';
import { nameSchema } from '../configuration/schema-parts.ts';
import { pageOf } from './objects.ts';
import { moment, type Operation, paging, READ } from './operation.ts';
import { postureSchema } from './posture-objects.ts';

export const POSTURE = {
  listPosture: {
    method: 'GET',
    path: '/posture',
    summary:
      "Partners' endpoints by name: versions and ciphers in use, certificates, and what a stricter policy would break",
    access: READ,
    query: z.strictObject({
      ...paging,
      endpoint: nameSchema.optional(),
      partner: nameSchema.optional(),
      from: moment.optional().describe('Connections begun at or after; by default 30 days before `to`'),
      to: moment.optional().describe('Connections begun at or before; by default now'),
    }),
    success: { status: 200, description: 'A page of endpoints', schema: pageOf(postureSchema) },
    problems: ['invalid_cursor'],
  },
} as const satisfies Record<string, Operation>;
