export type { Destination, DestinationCheck } from './checked-destination.ts';
export { DEFAULT_DEADLINES, type FtpsDeadlines } from './deadlines.ts';
export { type Examination, type ExaminationOptions, examineEndpoint } from './doctor/examine-endpoint.ts';
export { encodingProblem } from './encoding.ts';
export { type FtpsSessionOptions, openFtpsSession } from './open-session.ts';
export type { ClientCredential } from './tls-identity.ts';
