import { z } from 'zod';
import { eventIdSchema } from './event-objects.ts';
import { byId, type Operation, READ } from './operation.ts';

const resumed = z.object({ 'last-event-id': eventIdSchema.optional() });
const stream = {
  status: 200,
  description:
    'Server-sent events: `change` (StreamedEvent) with an id, `progress` (RunProgress) and `reset` (StreamReset)',
  contentType: 'text/event-stream',
} as const;

/** What happens, as it happens: streams that end when the client leaves, loses its right, or reads too slowly. */
export const EVENT_STREAMS = {
  streamEvents: {
    method: 'GET',
    path: '/events',
    summary: 'State changes and progress from now on, or since Last-Event-ID without loss or repetition',
    access: READ,
    headers: resumed,
    success: stream,
    problems: ['too_many_requests', 'unavailable'],
  },
  streamRunEvents: {
    method: 'GET',
    path: '/runs/{id}/events',
    summary: 'The same of one run; without Last-Event-ID it begins with where the run stands',
    access: READ,
    params: byId,
    headers: resumed,
    success: stream,
    problems: ['not_found', 'too_many_requests', 'unavailable'],
  },
} as const satisfies Record<string, Operation>;
