export {
  type ApiKeyEntry,
  type ApiKeyRequest,
  assertKeyPossible,
  createApiKey,
  createApiKeyIn,
  drawApiKey,
  findByKey,
  listApiKeys,
  revokeApiKey,
} from './api-keys.ts';
export { assertKnown } from './assert-known.ts';
export { type GroupRole, parseGroupRole } from './group-roles.ts';
export type { Identity, Reach, SessionOfIdentity } from './identity.ts';
export { type IdentityKeys, loadIdentityKeys, sameText } from './identity-keys.ts';
export { type IdentityRefusal, IdentityRefused } from './identity-refused.ts';
export { OidcGate, type OidcSettings } from './oidc.ts';
export { PROVIDER, type SecondPerson } from './oidc-accounts.ts';
export {
  beginSecondFactor,
  changePassword,
  confirmSecondFactor,
  type Person,
  removeSecondFactor,
} from './own-account.ts';
export { TooManySignIns } from './passwords.ts';
export { type Rights, sameRights } from './rights.ts';
export {
  endSession,
  type FoundIdentity,
  findSession,
  LONGEST_SESSION_MINUTES,
  listSessions,
  type SessionEntry,
} from './sessions.ts';
export { type SignInRequest, signIn } from './sign-in.ts';
export { addressGroup } from './sign-in-delays.ts';
export {
  changeUser,
  changeUserIn,
  createUser,
  findUser,
  hasAdmin,
  listUsers,
  lockUser,
  type NewUser,
  resetUser,
  type UserChange,
  type UserEntry,
} from './users.ts';
