import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestDatabase, type TestDatabase } from '#store/testing';
import { explainPlans, rowsOf } from '../../testing/explain-plans.ts';
import { aRoute, sampleEndpoints } from '../../testing/sample-rows.ts';
import {
  applyConfiguration,
  EVERYTHING,
  openStore,
  type Scope,
  type Store,
  searchTransfers,
  type TransferSearch,
} from '../index.ts';

/** Of the busy partner. README, "Searches", has the figures of a million. */
const FILES = Number(process.env['WAYBILL_SEARCHED_FILES'] ?? 50_000);
/** A page, and what is looked at among the newest before an index is asked. */
const FEW = 9_000;
const START = Date.parse('2026-11-01T00:00:00Z');
const HASH = 'feedfacecafe'.padEnd(64, '0');
const EMPTY = 'e3b0c442'.padEnd(64, '1');
const rare: Scope = { partners: ['rare'], routes: 'all' };
const busy: Scope = { partners: ['busy'], routes: 'all' };

interface File {
  id: string;
  route: string;
  source: string;
  path: string;
  state: string;
  sha256: string | null;
  at: Date;
}

let database: TestDatabase;
let store: Store;
let client: pg.Client;
/** All there are, newest first. */
let files: File[];

beforeAll(async () => {
  database = await startTestDatabase();
  store = await openStore({ url: database.appUrl });
  client = new pg.Client({ connectionString: database.superuserUrl });
  await client.connect();
  const [sample] = sampleEndpoints();
  const partners = ['busy', 'rare', 'moved'];
  const endpoints = [
    ...partners.map((partner) => ({ ...sample!, name: `${partner}-ftps`, partner })),
    { name: 'inbox', protocol: 'local' as const, root: '/srv/inbox', maxSessions: 8 },
  ];
  const { source } = aRoute('any');
  const routes = [
    ['busy-in', 'busy'],
    ['busy-too', 'busy'],
    ['rare-in', 'rare'],
    // Its files went from `moved`; since then it leads from `busy`.
    ['moved-in', 'busy'],
  ].map(([name, partner]) => aRoute(name!, { source: { ...source, endpoint: `${partner}-ftps` } }));
  await store.transaction((tx) =>
    applyConfiguration(
      tx,
      { partners: partners.map((name) => ({ name })), endpoints, routes },
      { firstFire: () => null },
    ),
  );
  await client.query(
    `INSERT INTO run (route_id, trigger, requested_by) SELECT id, 'operator', 'spec' FROM transfer_route`,
  );
  // Three in a microsecond; names of a fifth that are over since long, one of a thousand held, four called something else.
  await fill(
    'busy',
    FILES,
    `CASE n % 5 WHEN 0 THEN 'busy-too' ELSE 'busy-in' END`,
    `CASE WHEN n % ${FILES / 4} = 7 THEN '/out/eod/Quarterly_Fees-' || n || '.PDF'
          WHEN n < ${FILES / 5} THEN '/out/old/legacy-' || n || '.dat'
          ELSE '/out/daily/' || (ARRAY['statement', 'positions', 'trades', 'nav'])[1 + n % 4] || '-' || n || '.csv' END`,
    `CASE WHEN n % 1000 = 1 THEN 'held' WHEN n % 60 = 2 THEN 'failed' ELSE 'delivered' END`,
    `CASE WHEN n = 77 THEN '${HASH}' WHEN n % 10 = 0 THEN '${EMPTY}' ELSE encode(sha256(n::text::bytea), 'hex') END`,
  );
  await fill(
    'rare',
    40,
    `'rare-in'`,
    `'/out/statement-' || n`,
    `'delivered'`,
    `encode(sha256((-n)::text::bytea), 'hex')`,
  );
  await fill('moved', 30, `'moved-in'`, `'/out/statement-' || n`, `'delivered'`, `'${EMPTY}'`);
  await client.query('VACUUM ANALYZE');
  const { rows } = await client.query<File>(`
    SELECT transfer.id, name AS route, source_endpoint AS source, source_path AS path, state, sha256, transfer.created_at AS at
      FROM transfer JOIN transfer_route ON transfer_route.id = route_id
     ORDER BY transfer.created_at DESC, transfer.id DESC`);
  files = rows;
});
afterAll(async () => {
  await client.end();
  await store.close();
  await database.stop();
});

/** By the thousand, as workers leave them. */
async function fill(
  partner: string,
  count: number,
  ...[route, path, state, sha256]: string[]
): Promise<void> {
  await client.query(
    `INSERT INTO transfer (run_id, route_id, source_endpoint, source_path, source_size_bytes, source_modified,
                           destination_endpoint, destination_path, state, sha256, size_bytes, assurance, created_at,
                           publish_intent_at, delivered_at, finished_at)
     SELECT run.id, run.route_id, $1, ${path}, 1, $1 || n, 'inbox', '/in', ${state}, ${sha256}, 1, 'size', at, at, at, at
       FROM (SELECT n, to_timestamp($2) + (n / 3) * interval '1 second' AS at FROM generate_series(1, $3) AS n) AS file
       JOIN transfer_route ON transfer_route.name = ${route} JOIN run ON run.route_id = transfer_route.id`,
    [`${partner}-ftps`, START / 1_000, count],
  );
}

const moment = (second: number) => new Date(START + second * 1_000);
const nameOf = ({ path }: File) => path.slice(path.lastIndexOf('/') + 1);
const isOf = (partner: string) => (file: File) => file.source === `${partner}-ftps`;

/** What is asked for, by whom, and which files that are. */
const SEARCHES: [string, Scope, TransferSearch, (file: File) => boolean][] = [
  ['a rare name', EVERYTHING, { name: '*_Fees-*' }, (file) => nameOf(file).includes('_Fees-')],
  [
    'a name to the letter',
    EVERYTHING,
    { name: 'Quarterly_Fees-7.PDF' },
    (file) => nameOf(file).endsWith('Fees-7.PDF'),
  ],
  ['capitals, which count in a glob', EVERYTHING, { name: 'quarterly*' }, () => false],
  [
    'a part of a name, in any letters',
    EVERYTHING,
    { contains: 'quarterly_fees' },
    (file) => file.path.includes('Fees'),
  ],
  ['a part of the path', EVERYTHING, { contains: 'EOD/quarter' }, (file) => file.path.includes('eod/')],
  ['a folder, which is no name', EVERYTHING, { contains: 'daily' }, () => false],
  ['a glob of the path', EVERYTHING, { name: '/out/eod/*' }, (file) => file.path.startsWith('/out/eod/')],
  ['signs that mean themselves', EVERYTHING, { contains: 'fees%' }, () => false],
  ['a beginning of two letters that no file has', EVERYTHING, { name: 'zq*' }, () => false],
  ['a name that no file has', EVERYTHING, { contains: 'nonesuch' }, () => false],
  [
    'a name of long ago',
    EVERYTHING,
    { name: 'legacy-12?.dat' },
    (file) => /legacy-12.\.dat$/.test(file.path),
  ],
  ['a common name of who has few', rare, { name: 'statement*' }, isOf('rare')],
  ["a rare name of who has few, which are others'", rare, { contains: 'fees' }, () => false],
  [
    'a name of long ago, of one route',
    busy,
    { name: 'legacy-1?5.dat', route: 'busy-too' },
    (file) => /legacy-1.5\.dat$/.test(file.path),
  ],
  ['a common name at a rare partner', EVERYTHING, { contains: 'statement', partner: 'rare' }, isOf('rare')],
  ['a rare partner', EVERYTHING, { partner: 'rare' }, isOf('rare')],
  ['a rare endpoint', EVERYTHING, { endpoint: 'rare-ftps' }, isOf('rare')],
  ['a partner that its route has left', EVERYTHING, { partner: 'moved' }, isOf('moved')],
  ['what is held', EVERYTHING, { state: 'held' }, ({ state }) => state === 'held'],
  [
    'what is held of one partner',
    EVERYTHING,
    { state: 'held', partner: 'busy' },
    ({ state }) => state === 'held',
  ],
  ['what failed of a rare partner', EVERYTHING, { state: 'failed', partner: 'rare' }, () => false],
  ['what is under way', EVERYTHING, { state: 'streaming' }, () => false],
  [
    'what failed on a route in a time',
    EVERYTHING,
    { state: 'failed', route: 'busy-too', since: moment(2_000), until: moment(4_000) },
    ({ state, route, at }) =>
      state === 'failed' && route === 'busy-too' && at >= moment(2_000) && at <= moment(4_000),
  ],
  [
    'a minute',
    EVERYTHING,
    { since: moment(1_000), until: moment(1_060) },
    ({ at }) => at >= moment(1_000) && at <= moment(1_060),
  ],
  ['a hash', EVERYTHING, { sha256: HASH }, ({ sha256 }) => sha256 === HASH],
  ['the beginning of a hash', EVERYTHING, { sha256Prefix: 'FEEDFACE' }, ({ sha256 }) => sha256 === HASH],
  ['the beginning of no hash', EVERYTHING, { sha256Prefix: '0000000000' }, () => false],
  ["another partner's hash", rare, { sha256Prefix: 'feedface' }, () => false],
  [
    'everything together',
    busy,
    {
      name: '*fees*',
      contains: 'FEES',
      partner: 'busy',
      route: 'busy-in',
      endpoint: 'busy-ftps',
      state: 'delivered',
      since: moment(0),
      until: moment(FILES),
      sha256Prefix: 'e3b0c442',
      sha256: EMPTY,
    },
    () => false,
  ],
];

describe.each(SEARCHES)('%s', (_, scope, search, isMeant) => {
  test('is found whole, newest first, each once, whatever the size of a page', async () => {
    const meant = files.filter(isMeant).map(({ id }) => id);
    for (const limit of [7, 200]) {
      const found: string[] = [];
      for (let cursor: string | null = ''; cursor !== null; ) {
        const page = await searchTransfers(store.db, scope, {
          ...search,
          limit,
          ...(cursor !== '' && { cursor }),
        });
        found.push(...page.items.map(({ id }) => id));
        cursor = page.nextCursor;
      }
      expect(found).toEqual(meant);
    }
  });

  test('is found without reading the files of everybody', async () => {
    const nodes = await explainPlans(store, (db) => searchTransfers(db, scope, search));
    expect(nodes.filter(isScanOfAll)).toEqual([]);
    expect(rowsOf(nodes)).toBeLessThan(FEW);
  });
});

const isScanOfAll = (node: Awaited<ReturnType<typeof explainPlans>>[number]) =>
  node['Node Type'].includes('Seq Scan') && node['Relation Name'] === 'transfer';

test('what many files have is found as fast: a page of them', async () => {
  const common: [Scope, TransferSearch][] = [
    [EVERYTHING, {}],
    [EVERYTHING, { name: '*.csv' }],
    [EVERYTHING, { contains: 'statement' }],
    [busy, { contains: 'trades', state: 'failed' }],
    [EVERYTHING, { sha256: EMPTY }],
    [EVERYTHING, { sha256Prefix: EMPTY.slice(0, 8) }],
    [EVERYTHING, { endpoint: 'inbox' }],
    [EVERYTHING, { partner: 'busy', state: 'delivered' }],
  ];
  for (const [scope, search] of common) {
    const nodes = await explainPlans(store, async (db) => {
      expect((await searchTransfers(db, scope, search)).items).toHaveLength(50);
    });
    expect([search, nodes.filter(isScanOfAll)]).toEqual([search, []]);
    expect(rowsOf(nodes)).toBeLessThan(FEW);
  }
});

test('without the index of names, as on a server without pg_trgm, the same is found, by reading everything', async () => {
  await client.query('DROP INDEX transfer_by_name');
  const nodes = await explainPlans(store, async (db) => {
    expect((await searchTransfers(db, EVERYTHING, { contains: 'fees' })).items).toHaveLength(4);
  });
  expect(nodes.filter(isScanOfAll)).not.toEqual([]);
});
