export type { Identity, Reach, SessionOfIdentity } from './identity.ts';
