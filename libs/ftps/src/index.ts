export { DEFAULT_DEADLINES, type FtpsDeadlines } from './deadlines.ts';
export { type FtpsSessionOptions, openFtpsSession } from './open-session.ts';
export type { ClientCredential } from './tls-identity.ts';
