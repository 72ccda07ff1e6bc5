import type { OperationId, StreamedEventObject } from '#contract';

type Change = Pick<StreamedEventObject, 'object' | 'state' | 'action'>;

const ALWAYS: Readonly<Record<StreamedEventObject['object'], readonly OperationId[]>> = {
  run: ['listRuns', 'getRun', 'getOverview'],
  transfer: ['listTransfers', 'getTransfer', 'getRun', 'getOverview'],
  incident: ['listIncidents', 'getIncident', 'getOverview'],
  fire: ['listFires', 'listUpcomingFires', 'getOverview'],
  route: ['listRoutes', 'getRoute', 'listUpcomingFires', 'listConfigurationChanges', 'listApprovals'],
  endpoint: [
    'listEndpoints',
    'getEndpoint',
    'getOverview',
    'listConfigurationChanges',
    'listApprovals',
    'getLastProbe',
  ],
};

/** A transfer that came to rest leaves its evidence; before, every step would have it read again. */
const AT_REST: readonly OperationId[] = ['listAttempts', 'getTranscript', 'listTlsNegotiations'];

const RESTING = new Set<StreamedEventObject['state']>([
  'delivered',
  'failed',
  'held',
  'suppressed',
  'cancelled',
]);

/** What was read by these operations may be different now. */
export function affectedBy({ object, state }: Change): readonly OperationId[] {
  // A newer api may tell of more.
  const affected = ALWAYS[object] ?? [];
  return object === 'transfer' && RESTING.has(state) ? [...affected, ...AT_REST] : affected;
}
