import type { OperationId } from '#contract';
import type { PartnerName } from './world.ts';

/** Bodies whose rules stand only in code: of what is made from the schema alone, one in a million would fit. */
export const EXAMPLES: Partial<Record<OperationId, (partner: PartnerName) => object>> = {
  triggerRun: () => ({}),
  createPartner: () => ({ name: 'gamma' }),
  changePartner: () => ({}),
  createEndpoint: (partner) => ({
    name: `${partner}-second`,
    partner,
    protocol: 'ftps',
    host: '192.0.2.9',
    username: 'waybill',
    password: { secret: `${partner}-password` },
  }),
  changeEndpoint: () => ({ maxSessions: 3 }),
  createRoute: (partner) => ({
    name: `${partner}-second`,
    source: { endpoint: `${partner}-server`, path: '/second' },
    destination: { endpoint: 'depot', path: '/second', name: '{name}' },
    verify: { minimum: 'size' },
    afterDelivery: { source: 'keep' },
  }),
  changeRoute: () => ({ priority: 3 }),
  lookAtEndpoint: () => ({ path: '/out' }),
  previewUnsavedSchedule: () => ({ schedule: { cron: '0 * * * *', timezone: 'UTC' } }),
  createUser: (partner) => ({ name: 'ada', role: 'viewer', partners: [partner] }),
  createKey: (partner) => ({ name: 'program', role: 'viewer', partners: [partner], routes: 'all' }),
};
