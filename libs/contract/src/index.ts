export {
  type ConfigurationProblem,
  describeProblem,
} from './configuration/configuration-text.ts';
export {
  type ConfigurationChange,
  type ConfigurationNoun,
  diffConfiguration,
  findUnnamed,
} from './configuration/diff-configuration.ts';
export { exportConfiguration } from './configuration/export-configuration.ts';
export { nearestName } from './configuration/nearest-name.ts';
export {
  type Configuration,
  type ParsedConfiguration,
  type ParseOptions,
  parseConfiguration,
} from './configuration/parse-configuration.ts';
export { isTimeZone } from './configuration/values.ts';
