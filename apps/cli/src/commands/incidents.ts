import { type Client, collectPages, type Incident, type IncidentFilter } from '#contract';
import { INCIDENT_KINDS, INCIDENT_STATES } from '#domain';
import { oneOf, oneOfOrNone } from '../api-client.ts';
import { decisionCommand } from '../delivery-lines.ts';
import type { Terminal } from '../terminal.ts';

const STATES: readonly (IncidentFilter | 'all')[] = [...INCIDENT_STATES, 'unresolved', 'all'];

export interface IncidentSearchOptions {
  state: string;
  kind?: string;
  route?: string;
  endpoint?: string;
  limit: number;
  json?: boolean;
}

/** Incidents with their sentences: a table would cut the one thing that matters. */
export async function listIncidents(
  api: Client,
  terminal: Terminal,
  options: IncidentSearchOptions,
): Promise<void> {
  const { route, endpoint } = options;
  const asked = oneOf(STATES, '--state', options.state);
  const state = asked === 'all' ? undefined : asked;
  const kind = oneOfOrNone(INCIDENT_KINDS, '--kind', options.kind);
  const query = { state, kind, route, endpoint };
  const incidents = await collectPages(api, 'listIncidents', { query }, options.limit);
  if (options.json) return terminal.json(incidents);
  if (incidents.length === 0) terminal.note('no incidents');
  for (const incident of incidents) for (const line of describeIncident(incident)) terminal.line(line);
}

/** Pure: what it is, since when, and what to do about it. */
export function describeIncident(incident: Incident): string[] {
  const times = incident.occurrences === 1 ? '' : `, ${incident.occurrences} times`;
  return [
    `${incident.openedAt}  ${incident.kind}  ${stateOf(incident)}${times}  ${incident.id}`,
    `  ${incident.summary}`,
    ...(incident.state === 'resolved' ? [] : [`  ${nextStep(incident)}`]),
  ];
}

function stateOf(incident: Incident): string {
  switch (incident.state) {
    case 'acknowledged':
      return `acknowledged by ${incident.acknowledgedBy}`;
    case 'snoozed':
      return `snoozed until ${incident.snoozedUntil}`;
    case 'resolved':
      return `resolved by ${incident.resolvedBy}: ${incident.resolution}`;
    case 'open':
      return 'open';
  }
}

function nextStep({ id, kind, transferId, runId, endpoint }: Incident): string {
  switch (kind) {
    case 'transfer_in_doubt':
      return `look at the destination, then: ${decisionCommand(String(transferId))}`;
    case 'transfer_quarantined':
      return `then: waybill resolve ${transferId} --as resend|give_up --reason TEXT`;
    case 'transfer_held':
      return `put the source right, then: waybill resolve ${transferId} --as delivered|give_up --reason TEXT`;
    case 'login_refused':
      return `put the credentials right, then: waybill doctor ${endpoint}`;
    case 'run_failed':
      return `then: waybill rerun ${runId}   (or waybill incidents resolve ${id} --reason TEXT)`;
    case 'callback_given_up':
      return `put the receiver right; its next message ends this (or waybill incidents resolve ${id} --reason TEXT)`;
    case 'keys_unavailable':
      return 'bring the keys back, which ends this; where they lie: waybill secret keys';
  }
}

export interface AnswerOptions {
  note?: string;
  until?: string;
  reason?: string;
  json?: boolean;
}

export async function answerIncident(
  api: Client,
  terminal: Terminal,
  verb: 'ack' | 'snooze' | 'resolve',
  id: string,
  { note, until, reason, json }: AnswerOptions,
): Promise<void> {
  const params = { id };
  const incident =
    verb === 'ack'
      ? await api.acknowledgeIncident({ params, body: { note } })
      : verb === 'snooze'
        ? await api.snoozeIncident({ params, body: { until: until ?? '', note } })
        : await api.resolveIncident({ params, body: { reason: reason ?? '' } });
  if (json) return terminal.json(incident);
  terminal.line(`incident ${incident.id} is ${stateOf(incident)}`);
}
