import { z } from 'zod';
import { nameSchema } from '../configuration/schema-parts.ts';
import { selectionSchema } from '../configuration/schemas.ts';
import { lookSchema } from './look-objects.ts';
import { asWritten, byId, byName, INVESTIGATE, OPERATE, type Operation } from './operation.ts';

/** What a route would find, before there is one. */
export const LOOKS = {
  lookAtEndpoint: {
    method: 'POST',
    path: '/endpoints/{name}/looks',
    summary:
      'Has a worker list a folder and say which files a route would take, and why not the others; one at a time, and not more often than every 10 s (1 s for `local`)',
    access: OPERATE,
    params: byName,
    query: z.strictObject({
      workerTag: nameSchema.optional().describe('For a worker that carries it, as with routes'),
    }),
    body: asWritten(
      selectionSchema.omit({ endpoint: true }),
      'As `source` of a route, without its endpoint; parameters are refused',
    ),
    success: { status: 202, description: 'The look, queued', schema: lookSchema },
    problems: ['not_found', 'look_under_way', 'endpoint_paused', 'too_many_requests'],
  },
  getLook: {
    method: 'GET',
    path: '/looks/{id}',
    summary: 'One look with what was there; kept for a day',
    access: INVESTIGATE,
    params: byId,
    success: { status: 200, description: 'The look', schema: lookSchema },
    problems: ['not_found'],
  },
} as const satisfies Record<string, Operation>;
