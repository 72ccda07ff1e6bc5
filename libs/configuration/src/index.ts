export { Approvals, type Author, type Perform } from './approvals.ts';
export { ConfigurationRefused } from './configuration-refused.ts';
export {
  type ConfigurationRules,
  ConfigurationService,
  type Outcome,
} from './configuration-service.ts';
export { entityTag } from './entity-tag.ts';
export { assertNamesStand } from './other-names.ts';
export type { PlaceRules, SaidBy } from './place-answers.ts';
export { type SecretOutcome, SecretService, type SecretToSet, storeSecret } from './secret-service.ts';
