import { z } from 'zod';
import { columnsOf, columnsSchema } from './export-columns.ts';
import { negotiationFilters, runFilters, transferFilters } from './list-filters.ts';
import { runSchema, tlsNegotiationSchema, transferSchema } from './objects.ts';
import { type Operation, READ } from './operation.ts';

/** How an export is written, and what a browser and a program take it for. */
export const EXPORT_TYPES = {
  csv: 'text/csv',
  ndjson: 'application/x-ndjson',
  json: 'application/json',
} as const;
export type ExportFormat = keyof typeof EXPORT_TYPES;

/** Every export of a list has these beside the filters of the list. */
function exportOf(item: z.ZodObject) {
  return {
    format: z
      .enum(Object.keys(EXPORT_TYPES) as [ExportFormat])
      .default('csv')
      .describe('`csv` for spreadsheets, `ndjson` one object a line, `json` one list'),
    columns: columnsSchema(columnsOf(item)),
    limit: z.coerce.number<number>().int().min(1).optional().describe('Only so many, the first of the list'),
  };
}

const exported = {
  access: READ,
  success: {
    status: 200,
    description: 'A file; an answer that breaks off is not all',
    contentType: EXPORT_TYPES.csv,
    otherTypes: [EXPORT_TYPES.ndjson, EXPORT_TYPES.json],
  },
  problems: ['too_many_requests', 'unavailable'],
} as const;

/** What a list shows, as a file: all pages of it, newest first. */
export const EXPORTS = {
  exportRuns: {
    method: 'GET',
    path: '/runs/export',
    summary: 'The runs that the list shows with the same filters, all of them, newest first',
    query: z.strictObject({ ...exportOf(runSchema), ...runFilters }),
    ...exported,
  },
  exportTransfers: {
    method: 'GET',
    path: '/transfers/export',
    summary: 'The transfers that the list shows with the same filters, all of them, newest first',
    query: z.strictObject({ ...exportOf(transferSchema), ...transferFilters }),
    ...exported,
  },
  exportTlsNegotiations: {
    method: 'GET',
    path: '/tls-negotiations/export',
    summary: 'The TLS handshakes that the list shows with the same filters, all of them, newest first',
    query: z.strictObject({ ...exportOf(tlsNegotiationSchema), ...negotiationFilters }),
    ...exported,
  },
} as const satisfies Record<string, Operation>;
