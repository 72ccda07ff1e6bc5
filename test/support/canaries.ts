import { randomBytes } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import pg from 'pg';

/** Characters that formats treat in their own way: each escapes something else. */
const AWKWARD = [
  '',
  '\r\n',
  '"',
  "'",
  '\\',
  '€',
  '漢字',
  '%20',
  '&=',
  ' ',
  '\t',
  '{}',
  '<>',
  '`$',
  '🔑',
  '****',
  '[secret]',
];

/** Values that stand nowhere else, among them those that quoting changes. */
export function makeCanaries(count: number): string[] {
  return Array.from({ length: count }, (_, index) => {
    const unique = randomBytes(12).toString('hex');
    return `canary-${unique.slice(0, 12)}${AWKWARD[index % AWKWARD.length]}${unique.slice(12)}`;
  });
}

export interface CanaryHit {
  /** Its place in the list; the value itself is not repeated. */
  canary: number;
  sink: string;
}

/** Where canaries sing: as they are, escaped, or encoded, whole or the half before an awkward character. */
export function findCanaries(
  canaries: readonly string[],
  sinks: Readonly<Record<string, string>>,
): CanaryHit[] {
  return canaries.flatMap((value, canary) => {
    const forms = formsOf(value);
    return Object.entries(sinks)
      .filter(([, content]) => forms.some((form) => content.includes(form)))
      .map(([sink]) => ({ canary, sink }));
  });
}

function formsOf(value: string): string[] {
  const bytes = Buffer.from(value);
  const [half] = /^canary-[0-9a-f]+/.exec(value) ?? [value];
  // Within a longer text base64 begins at any of three places; the middle of it is the same for each.
  const shifted = [0, 1, 2].map((pad) =>
    Buffer.concat([Buffer.alloc(pad), Buffer.from(half)])
      .toString('base64')
      .slice(4, -6),
  );
  return [value, half, bytes.toString('hex'), encodeURIComponent(value), ...shifted];
}

/** Shorter ones stand in what has nothing to do with them. */
const LEAST_CHARACTERS = 12;

/**
 * What a suite's product was given to keep to itself, and everything that it wrote: the last look of every product and
 * every api that a test starts, whatever the test was about.
 * @throws naming the sink, and never the secret
 */
export async function assertNothingLeaked(
  secrets: readonly string[],
  superuserUrl: string,
  written: Readonly<Record<string, string>>,
): Promise<void> {
  const kept = secrets.filter((secret) => secret.length >= LEAST_CHARACTERS);
  if (kept.length === 0) return;
  const tables = await readTables(superuserUrl).catch((error: unknown) => {
    // The test has taken its database away: nothing of it is left to be looked at.
    if (isConnectionLost(error)) return '';
    throw error;
  });
  const hits = findCanaries(kept, { ...written, tables });
  if (hits.length > 0)
    throw new Error(`A secret of this test stands in: ${[...new Set(hits.map(({ sink }) => sink))].join()}`);
}

/** Codes of sockets, and of a server that is shut down (57P01 to 57P03). */
function isConnectionLost(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^E[A-Z]+$|^57P0[1-3]$/.test(code);
}

/** Every row of every table as text, which is what a dump shows; dialogues as they were before they were packed. */
export async function readTables(superuserUrl: string): Promise<string> {
  const client = new pg.Client({ connectionString: superuserUrl });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows: tables } = await client.query<{ name: string }>(
      `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
        WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1`,
    );
    const texts: string[] = [];
    for (const { name } of tables) {
      const { rows } = await client.query<{ row: string }>(`SELECT t::text AS row FROM ${name} t`);
      texts.push(name, ...rows.map(({ row }) => row));
    }
    const packed = await client.query<{ transcript: Buffer }>(
      'SELECT transcript FROM attempt WHERE transcript IS NOT NULL',
    );
    texts.push(...packed.rows.map(({ transcript }) => gunzipSync(transcript).toString()));
    return texts.join('\n');
  } finally {
    await client.end();
  }
}
