import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { encodingProblem } from '#apps/worker';
import { recordEvent } from '#audit';
import {
  type Configuration,
  type ConfigurationChange,
  describeProblem,
  diffConfiguration,
  parseConfiguration,
} from '#contract';
import type { Actor, LegacyPolicy } from '#domain';
import { cronProblem, nextFire } from '#schedule';
import { applyConfiguration, readConfiguration, type Store, type Tx } from '#store';
import { UsageError } from './failures.ts';

/** One configuration at a time; the number means nothing. */
const APPLY_LOCK = 727_218_302;

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

/** All of it in one transaction with its audit events, or nothing. Returns what changed. */
export function applyWanted(
  store: Store,
  actor: Actor,
  wanted: Configuration,
  fileName: string,
): Promise<ConfigurationChange[]> {
  return store.transaction(async (tx) => {
    await tx.$queryRaw`SELECT pg_advisory_xact_lock(${APPLY_LOCK})::text`;
    const changes = diffConfiguration(await readConfiguration(tx), wanted);
    if (changes.length === 0) return [];
    const now = await databaseClock(tx);
    await applyConfiguration(tx, wanted, { firstFire: (schedule) => nextFire(schedule, now) ?? null });
    for (const { kind, noun, name, fields } of changes) {
      await recordEvent(tx, {
        actor,
        action: `${noun}.${kind === 'create' ? 'created' : 'changed'}`,
        object: noun,
        objectId: name,
        details: { fields },
      });
    }
    await recordEvent(tx, {
      actor,
      action: 'configuration.applied',
      object: 'configuration',
      objectId: fileName,
      details: { changes: changes.length },
    });
    return changes;
  });
}

async function databaseClock(tx: Tx): Promise<Date> {
  const rows = await tx.$queryRaw<{ now: Date }[]>`SELECT clock_timestamp() AS now`;
  return rows[0]!.now;
}
