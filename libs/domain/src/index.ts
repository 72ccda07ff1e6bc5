export { APPROVAL_STATES, type ApprovalState } from './approval.ts';
export { type Actor, AUDIT_OBJECTS, type AuditEvent, type AuditObject } from './audit-event.ts';
export {
  type ActivePolicy,
  type ClientCertificate,
  type Endpoint,
  type FtpsEndpoint,
  LEGACY_POLICIES,
  type LegacyPolicy,
  type LocalEndpoint,
  legacyPoliciesOf,
  type MvsAllocation,
  type PassivePolicy,
  type Protocol,
  type ProxyPolicy,
  type SecretRef,
  type TlsPolicy,
  type TlsVersion,
} from './endpoint.ts';
export {
  ERROR_CODES,
  ERROR_TABLE,
  type ErrorCode,
  PHASES,
  type Phase,
  type RetryAdvice,
  TransferError,
  type TransferErrorDetails,
} from './errors.ts';
export {
  FIRE_NOTES,
  FIRE_OUTCOMES,
  type FireNote,
  type FireOutcome,
  SCHEDULE_NOTES,
  type ScheduleNote,
} from './fire.ts';
export {
  INCIDENT_KINDS,
  INCIDENT_STATES,
  type IncidentKind,
  type IncidentState,
  isDecidedByTransfer,
  TRANSFER_DECISIONS,
  type TransferDecision,
} from './incident.ts';
export {
  LEFT_REASONS,
  type LeftReason,
  LOOK_STATES,
  type LookedFile,
  type LookResult,
  type LookState,
} from './look.ts';
export type { Partner } from './partner.ts';
export { POLICY_EFFECTS, type PolicyEffect, STRICTER_POLICIES, type StricterPolicy } from './posture.ts';
export {
  type CapabilityProfile,
  FINDING_OUTCOMES,
  type Finding,
  type FindingOutcome,
  isFinishedProbe,
  PROBE_STATES,
  type ProbeState,
  type SettingValue,
} from './probe.ts';
export { decideRetry, type RetryDecision } from './retry.ts';
export { ROLES, type Role } from './role.ts';
export {
  parametersIn,
  parameterValueProblem,
  type RouteParameter,
  type RunParameters,
  substituteParameters,
} from './route-parameter.ts';
export {
  isFinishedRun,
  RUN_STATES,
  RUN_TRIGGERS,
  type RunState,
  type RunTrigger,
  runOutcome,
} from './run.ts';
export {
  CALLBACK_PROBLEMS,
  CALLBACK_SECRET,
  CALLBACK_STATES,
  type CallbackProblem,
  type CallbackState,
  callbackDelayMs,
  callbackUrlProblem,
  type RunCallback,
} from './run-callback.ts';
export type {
  CheckResult,
  CloseNotify,
  PeerCertificate,
  TlsChannel,
  TlsClosing,
  TlsNegotiation,
} from './tls-negotiation.ts';
export {
  ASSURANCE_LEVELS,
  type AssuranceLevel,
  ATTEMPT_OUTCOMES,
  type AttemptOutcome,
  canMoveTransfer,
  type FileVersion,
  isLeasedTransfer,
  isSettledTransfer,
  LEASED_TRANSFER_STATES,
  meetsAssurance,
  SETTLED_TRANSFER_STATES,
  TRANSFER_STATES,
  type TransferState,
} from './transfer.ts';
export type {
  MisfirePolicy,
  OnAmbiguous,
  OnExisting,
  OnHoliday,
  OverlapPolicy,
  Placement,
  RetryPolicy,
  ScheduleDefinition,
  Selection,
  SourceDisposition,
  TransferRoute,
  TransferWindow,
} from './transfer-route.ts';
export { visibleJson, visibleText } from './visible-text.ts';
