import type { AuditEventObject } from '#contract';
import { byId, oneOf } from '../../filters/address-filters.ts';

/** Those that people look for first. */
const OBJECTS: Readonly<Record<AuditEventObject['object'], true>> = {
  user: true,
  session: true,
  api_key: true,
  configuration: true,
  partner: true,
  endpoint: true,
  route: true,
  schedule: true,
  secret: true,
  fire: true,
  run: true,
  transfer: true,
  attempt: true,
  tls_negotiation: true,
  incident: true,
  process: true,
};

const MOST_CHARACTERS = 200;

/** As the api takes them: no time, which only the export has. */
export const AUDIT_RULES = [
  oneOf('object', 'About', Object.keys(OBJECTS)),
  {
    name: 'objectId',
    title: 'Name',
    quiet: true,
    takes: (value: string) => value.length >= 1 && value.length <= MOST_CHARACTERS,
  },
  byId('runId', 'Run'),
  byId('transferId', 'Transfer'),
];
