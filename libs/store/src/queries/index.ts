export * from './api-keys.ts';
export {
  APPROVAL_DAYS,
  findLastRequestOf,
  findOtherName,
  isAskedFor,
  isTooOld,
} from './approval-requests.ts';
export * from './approvals.ts';
export { type ArmedSchedule, findArmedSchedules } from './armed-schedules.ts';
export { AskedTooSoon, isAsked, WorkUnderWay } from './asked-work.ts';
export { type AttemptRecord, listAttempts, readTranscript } from './attempts.ts';
export * from './configuration-changes.ts';
export { lockConfiguration } from './configuration-lock.ts';
export * from './endpoints.ts';
export * from './event-export.ts';
export * from './event-stream.ts';
export * from './events.ts';
export * from './figures.ts';
export { findFinishedRuns } from './finished-runs.ts';
export * from './fires.ts';
export {
  findIncident,
  type IncidentRecord,
  type IncidentSearch,
  ownsIncident,
  searchIncidents,
} from './incidents.ts';
export * from './looks.ts';
export {
  type CountedNegotiations,
  countNegotiations,
  type NegotiationCounting,
} from './negotiation-counts.ts';
export {
  type NegotiationRecord,
  type NegotiationSearch,
  searchNegotiations,
} from './negotiations.ts';
export {
  type NewestOf,
  type OverviewRecord,
  type OverviewTime,
  readOverview,
} from './overview.ts';
export { InvalidCursor, type Page, type PageRequest, pageByName } from './page.ts';
export * from './partners.ts';
export {
  type AccountRights,
  findAccountsBehind,
  findPersonBehind,
  findPersonsBehindKeys,
} from './persons.ts';
export {
  MOST_CONNECTIONS,
  type PostureRecord,
  type PostureSearch,
  type SeenCertificate,
  type SeenConnections,
  searchPosture,
} from './posture.ts';
export * from './probes.ts';
export type { RecordedError } from './recorded-error.ts';
export type { RecordedPause } from './recorded-pause.ts';
export { findRoute, mayUseRoute, type RouteRecord, searchRoutes } from './routes.ts';
export * from './runs.ts';
export {
  EVERYTHING,
  eventIsWithin,
  isWhole,
  type Reach,
  resolveScope,
  runIsWithin,
  type Scope,
  type Within,
} from './scope.ts';
export * from './sealing-keys.ts';
export * from './secrets.ts';
export { type SessionRecord, type SessionSearch, searchSessions } from './sessions.ts';
export { findEventsToTell, type ToldEvent } from './told-events.ts';
export * from './transfer-progress.ts';
export * from './transfers.ts';
export {
  DUE_RECEIVERS,
  LANES_TO_SPARE,
  mayBeHeldBy,
  onItsLastChance,
  RUN_NOT_PAUSED,
  TRANSFER_DUE,
  TRANSFER_IN_HAND,
  TRANSFER_LEFT,
  TRANSFER_TO_CANCEL,
  TRANSFER_UNSETTLED,
  TRANSFER_WAITS,
} from './work-conditions.ts';
