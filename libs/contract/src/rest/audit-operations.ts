import { z } from 'zod';
import { AUDIT, moment, type Operation } from './operation.ts';

export const AUDIT_EXPORT = {
  exportAuditEvents: {
    method: 'GET',
    path: '/audit/export',
    summary:
      'The audit events of a time, oldest first, one AuditEvent a line; an answer that breaks off is not all',
    access: AUDIT,
    query: z.strictObject({
      from: moment.optional().describe('Recorded at or after'),
      to: moment
        .optional()
        .describe(
          'Recorded before; by default now. What is recorded in the last minute may still lack events under way',
        ),
    }),
    success: { status: 200, description: 'JSON lines', contentType: 'application/x-ndjson' },
    problems: ['too_many_requests', 'unavailable'],
  },
} as const satisfies Record<string, Operation>;
