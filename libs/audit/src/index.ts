export type { ClaimedTransfer, TransferClaim } from './claims.ts';
export { recordEvent, SCHEDULER, workerActor } from './events.ts';
export { type AttemptEvidence, decideFailure, type FailureOutcome } from './facts.ts';
export {
  type IncidentAnswer,
  IncidentConflict,
  openIncident,
  type Problem,
  resolveIncidents,
} from './incidents.ts';
export type { NegotiationContext } from './negotiations.ts';
export type { PlannedFile, PlanningClaim, RefusedName, RunAssignment } from './planning.ts';
export { RunRecorder } from './run-recorder.ts';
export {
  type CreatedRun,
  type DueSchedule,
  type FireDecision,
  RouteDisabled,
  type RunRequest,
  UnknownRoute,
} from './run-requests.ts';
export type { OverdueRun } from './settling.ts';
