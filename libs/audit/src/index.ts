export type { CallbackClaim, CallbackPlaces, CallbackTry } from './callbacks.ts';
export type { ClaimedTransfer, TransferClaim } from './claims.ts';
export { recordEvent, recordEvents, SCHEDULER, workerActor } from './events.ts';
export type { AttemptEvidence } from './facts.ts';
export type { DueSchedule, FireDecision, RecordedFires } from './fires.ts';
export { LEFTOVERS, type Leftover, type Retention } from './house-keeping.ts';
export { KeyReused } from './idempotent-requests.ts';
export {
  type IncidentAnswer,
  openIncident,
  type Problem,
  resolveIncidents,
} from './incidents.ts';
export { LOGIN_PAUSE_MS } from './login-pause.ts';
export type { NegotiationContext } from './negotiations.ts';
export type { Pausable } from './pausing.ts';
export type { MissingFile, PlannedFile, PlanningClaim, RefusedName, RunAssignment } from './planning.ts';
export type { RerunRequest } from './rerunning.ts';
export type { Decision } from './resolving.ts';
export { type ParameterProblem, ParametersRefused, recheckParameters } from './run-parameters.ts';
export { RunRecorder } from './run-recorder.ts';
export {
  type CreatedRun,
  doorbellOf,
  type RequestedRun,
  RouteDisabled,
  type RunRequest,
  type RunToRing,
  UnknownRoute,
} from './run-requests.ts';
export type { SlotsAnswer } from './session-slots.ts';
export type { OverdueRun } from './settling.ts';
export type { ProgressReport } from './transfer-progress.ts';
export { decideFailure, type FailureOutcome } from './transitions.ts';
export { WrongState, type WrongStateCode } from './wrong-state.ts';
