import { checkAttempts } from './check-attempts.ts';
import { accountedPaths, checkFiles } from './check-files.ts';
import { checkRuns } from './check-runs.ts';
import { type CheckInput, type Finding, Findings } from './findings.ts';
import { readTables } from './read-tables.ts';

export {
  type CheckedPlace,
  type CheckedRoute,
  type CheckInput,
  FINDING_KINDS,
  type Finding,
  type FindingKind,
  type PlantedSource,
} from './findings.ts';

/** Reads the disks and the tables, once everything has come to rest, and says what is wrong; nothing is good. */
export async function checkDeliveries(input: CheckInput): Promise<Finding[]> {
  const findings = new Findings();
  const tables = await readTables(
    input.databaseUrl,
    input.routes.map(({ name }) => name),
  );
  const rows = new Map(tables.routes.map((row) => [row.name, row]));
  const pairs = input.routes.map((route) => {
    const row = rows.get(route.name);
    if (!row) throw new Error(`there is no route ${route.name} in the database`);
    return { route, row };
  });
  const accounted = new Set(pairs.flatMap(({ route, row }) => accountedPaths(route, row, tables)));
  for (const { route, row } of pairs) {
    await checkFiles(route, row, tables, accounted, findings);
    checkAttempts(route, row, tables, findings);
    checkRuns(route, row, tables, findings);
  }
  const known = new Set(tables.runs.map(({ id }) => id));
  for (const id of input.runIds ?? [])
    if (!known.has(id)) findings.add('run_lost', '', id, 'somebody was told that it exists');
  return findings.all;
}

/** One line each, for the message of a failed test. */
export function describeFindings(findings: readonly Finding[]): string[] {
  return findings.map(({ kind, route, about, detail }) => `${kind} ${route} ${about}: ${detail}`);
}
