import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { encodingProblem, LocalRoots } from '#apps/worker';
import type { Config } from '#config';
import { ConfigurationRefused, ConfigurationService, type Outcome } from '#configuration';
import { type Configuration, describeProblem, parseConfiguration } from '#contract';
import type { Actor, LegacyPolicy } from '#domain';
import type { Egress } from '#egress';
import { cronProblem } from '#schedule';
import { EVERYTHING, type Store } from '#store';
import { UsageError } from './failures.ts';

/** The writer of the configuration, by the rules of this installation. */
export function openConfiguration(
  store: Store,
  {
    allowedLegacyPolicies,
    fourEyes,
    restLocalReferences,
    localRoots,
  }: Pick<Config, 'allowedLegacyPolicies' | 'fourEyes' | 'restLocalReferences' | 'localRoots'>,
  egress: Egress,
): ConfigurationService {
  const roots = new LocalRoots(localRoots);
  return new ConfigurationService(store, {
    validateEncoding: encodingProblem,
    allowedLegacyPolicies,
    fourEyes,
    restLocalReferences,
    async hostProblem(host, port, by) {
      const checked = await egress.checkHost(host, port, by);
      return checked.allowed ? undefined : checked.because;
    },
    rootProblem: (root, saidBy) => roots.problem(root, saidBy),
  });
}

/**
 * What the file says, or everything that is wrong with it, one line each.
 * @param path of the file: certificates are read beside it
 * @param allowedLegacyPolicies of this installation
 * @throws UsageError
 */
export function parseText(
  text: string,
  path: string,
  allowedLegacyPolicies: readonly LegacyPolicy[],
): Configuration {
  const parsed = parseConfiguration(text, {
    fileName: path,
    readFile: (relative) => readIfThere(resolve(dirname(path), relative)),
    validateCron: cronProblem,
    validateEncoding: encodingProblem,
    allowedLegacyPolicies,
  });
  if (parsed.ok) return parsed.configuration;
  throw new UsageError(parsed.problems.map(describeProblem).join('\n'));
}

/** Certificates that are named and not there are the parser's to complain about. */
function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/**
 * All of it with its history, or nothing; or it waits for a second person. Whoever works on the database itself reaches all.
 * @throws UsageError
 */
export async function applyWanted(
  configuration: ConfigurationService,
  actor: Actor,
  wanted: Configuration,
  fileName: string,
): Promise<Outcome> {
  try {
    return await configuration.apply({ ...EVERYTHING, actor }, wanted, fileName);
  } catch (error) {
    if (!(error instanceof ConfigurationRefused)) throw error;
    const lines = error.problems.map(({ path, message }) => `${fileName} ${path}: ${message}`);
    throw new UsageError(lines.length > 0 ? lines.join('\n') : `${fileName}: ${error.message}`);
  }
}
