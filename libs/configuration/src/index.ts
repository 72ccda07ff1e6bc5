export { Approvals, type Author, type Perform } from './approvals.ts';
export { ConfigurationRefused } from './configuration-refused.ts';
export {
  type ConfigurationRules,
  ConfigurationService,
  type HostProblem,
  type Outcome,
} from './configuration-service.ts';
export { entityTag } from './entity-tag.ts';
