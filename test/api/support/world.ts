import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { prepareSealingKey } from '#apps/worker';
import { API_PREFIX, CSRF_HEADER, ROLES, type Role, SESSION_COOKIE } from '#contract';
import { TransferError } from '#domain';
import { createApiKey } from '#identity';
import { KeyFile, Keyring } from '#secrets';
import { SAMPLE } from '../../../apps/api/testing/sample-configuration.ts';
import { json, startTestApi, type TestApi } from '../../../apps/api/testing/start-test-api.ts';
import { type Keeper, keepTables } from './keep-tables.ts';
import { Sender } from './send.ts';
import { openWitness, type Witness } from './snapshot.ts';

export const PARTNERS = ['alpha', 'beta'] as const;
export type PartnerName = (typeof PARTNERS)[number];

/** Which partners an identity reaches. */
export const SCOPES = { all: ['*'], alpha: ['alpha'], none: [] } as const;
export type Scope = keyof typeof SCOPES;

/** One identity of each kind there is, with what it shows to the api. */
export interface Cell {
  kind: 'program' | 'person';
  role: Role;
  scope: Scope;
  headers: Record<string, string>;
}

/** A program shows its key, a person what his browser and our own page send. */
export interface ProgramCell extends Cell {
  kind: 'program';
  key: string;
}
export interface PersonCell extends Cell {
  kind: 'person';
  cookie: string;
  csrfToken: string;
}

export interface World {
  api: TestApi;
  sender: Sender;
  witness: Witness;
  cells: ProgramCell[];
  /** The same for people who are signed in. */
  persons: PersonCell[];
  /** A key of an admin who reaches everything, and whose name no request guesses. */
  fuzzer: string;
  /** By the noun in front of the parameter: `runs` -> the run of that partner. */
  objects: Readonly<Record<string, Record<PartnerName, string>>>;
  /** By address: the ETag under which an object is changed, as long as nobody has. */
  tags: Readonly<Record<string, string>>;
  /** Names and ids that only somebody who reaches this partner may see. */
  marks: Record<PartnerName, string[]>;
  /** Everything as it was in the beginning, but for what the database lets nobody take back. */
  restore(): Promise<void>;
  close(): Promise<void>;
}

const LEASE_MS = 60_000;
const ACTOR = { kind: 'user', name: 'test' } as const;

/** Two partners who must not learn of each other, each with one of everything. */
export async function startWorld(rates?: Parameters<typeof startTestApi>[1]): Promise<World> {
  const api = await startTestApi(configuration(), rates);
  const witness = await openWitness(api.superuserUrl);
  await makeSealing(api);
  await Promise.all(PARTNERS.map((partner) => setSecret(api, partner)));
  const sender = new Sender(api.url);
  const objects: Record<string, Record<PartnerName, string>> = {};
  for (const partner of PARTNERS)
    for (const [noun, id] of Object.entries(await furnish(api, witness, partner)))
      objects[noun] = { ...(objects[noun] as Record<PartnerName, string>), [partner]: id };
  const cells: ProgramCell[] = [];
  const persons: PersonCell[] = [];
  for (const role of ROLES)
    for (const scope of Object.keys(SCOPES) as Scope[]) {
      const key = await makeKey(api, witness, `${role}-${scope}`, role, scope);
      cells.push({ kind: 'program', role, scope, key, headers: { authorization: `Bearer ${key}` } });
      persons.push(await signPersonIn(api, witness, role, scope));
    }
  const fuzzer = await makeKey(api, witness, randomUUID(), 'admin', 'all');
  const marks = { alpha: marksOf(objects, 'alpha'), beta: marksOf(objects, 'beta') };
  const tags = await readTags(sender, objects, fuzzer);
  const keeper: Keeper = await keepTables(witness);
  return {
    api,
    sender,
    witness,
    cells,
    persons,
    fuzzer,
    objects,
    tags,
    marks,
    restore: () => keeper.restore(),
    async close() {
      sender.close();
      await witness.close();
      await api.close();
    },
  };
}

function configuration(): typeof SAMPLE {
  const [server] = SAMPLE.endpoints;
  const [route] = SAMPLE.routes;
  return {
    partners: PARTNERS.map((name) => ({ name })),
    endpoints: [
      ...PARTNERS.map((partner) => ({
        ...server!,
        name: `${partner}-server`,
        partner,
        host: `ftp.${partner}.example`,
      })),
      { name: 'depot', protocol: 'local', root: '/srv/depot', maxSessions: 16 },
    ],
    routes: PARTNERS.map((partner) => ({
      ...route!,
      name: `${partner}-in`,
      source: { ...route!.source, endpoint: `${partner}-server` },
      destination: { ...route!.destination, endpoint: 'depot' },
      schedule: {
        cron: '0 * * * *',
        timezone: 'UTC',
        onHoliday: 'skip',
        misfire: 'run_once',
        overlap: 'skip',
      },
    })),
  };
}

/** A run with a held transfer, its attempt, handshake, transcript and incident; a fire, an examination and a look. */
async function furnish(
  api: TestApi,
  witness: Witness,
  partner: PartnerName,
): Promise<Record<string, string>> {
  const { recorder } = api;
  const route = `${partner}-in`;
  const { run } = await recorder.createRun({ routeName: route, trigger: 'operator', requestedBy: ACTOR });
  const planning = (await recorder.claimPlanning(run.id, 'worker', LEASE_MS))!;
  const path = `/out/${partner}-file.csv`;
  const files = [{ version: { path, sizeBytes: 1n, modified: '1' }, destinationPath: path }];
  await recorder.recordPlan(planning, files, []);
  const { claim } = (await recorder.claimTransfer(run.id, 'worker', LEASE_MS))!;
  const proof = { sizeBytes: 1n, sha256: 'b'.repeat(64) };
  const streaming = { kind: 'streaming', resumedAtBytes: 0n, temporaryPath: '/.t' } as const;
  await recorder.recordFact(claim, { ...streaming, destinationPath: path });
  await recorder.recordFact(claim, { kind: 'verifying', ...proof });
  await recorder.recordFact(claim, { kind: 'publish_intended', ...proof, assurance: 'size' });
  await recorder.recordFailure(
    claim,
    new TransferError('delivery_in_doubt', { phase: 'publish' }),
    { maxAttempts: 1, firstDelayMs: 1, factor: 1, maxDelayMs: 1, jitter: 0 },
    {
      sourceSessionId: null,
      destinationSessionId: null,
      transcript: gzipSync(`dialogue with ${partner}-server`) as Uint8Array<ArrayBuffer>,
    },
  );
  const one = async (sql: string, ...values: unknown[]) =>
    (await witness.query<{ id: string }>(sql, values))[0]?.id ?? '';
  const attempt = await one('SELECT id FROM attempt WHERE transfer_id = $1', claim.transferId);
  const negotiation = await one(
    `INSERT INTO tls_negotiation (id, run_id, attempt_id, endpoint_id, endpoint, session_id, channel, command, mode,
       resumed, peer_certificates, name_check, pin_check, chain_check, verdict, started_at, handshake_ms)
     SELECT gen_random_uuid(), $1, $2, e.id, e.name, gen_random_uuid(), 'control', 'AUTH TLS', 'explicit',
       false, '[]', 'passed', 'not_applicable', 'passed', 'accepted', now(), 1
       FROM endpoint e WHERE e.name = $3 RETURNING id`,
    run.id,
    attempt,
    `${partner}-server`,
  );
  const fire = await one(
    `INSERT INTO fire (schedule_id, due_at, outcome, reason)
     SELECT s.id, now(), 'skipped', $1 FROM schedule s JOIN transfer_route r ON r.id = s.route_id WHERE r.name = $2
     RETURNING id`,
    `${partner} slept`,
    route,
  );
  const incident = await one('SELECT id FROM incident WHERE transfer_id = $1', claim.transferId);
  const probe = (await api.ask(
    'probeEndpoint',
    `/endpoints/${partner}-server/probe`,
    api.keys.admin,
    json({}),
  )) as { id: string };
  const look = (await api.ask(
    'lookAtEndpoint',
    `/endpoints/${partner}-server/looks`,
    api.keys.admin,
    json({ path: `/${partner}-folder` }),
  )) as { id: string };
  return {
    partners: partner,
    endpoints: `${partner}-server`,
    routes: route,
    runs: run.id,
    transfers: claim.transferId,
    attempts: attempt,
    'tls-negotiations': negotiation,
    fires: fire,
    incidents: incident,
    probes: probe.id,
    looks: look.id,
  };
}

async function readTags(
  sender: Sender,
  objects: World['objects'],
  key: string,
): Promise<Record<string, string>> {
  const tags: Record<string, string> = {};
  for (const noun of ['partners', 'endpoints', 'routes'])
    for (const name of Object.values(objects[noun]!)) {
      const path = `${API_PREFIX}/${noun}/${name}`;
      const headers = { authorization: `Bearer ${key}` };
      const { etag } = (await sender.send({ method: 'GET', path, headers })).headers;
      if (etag !== undefined) tags[path] = etag;
    }
  return tags;
}

/** What the first worker does: without it no secret could be set. */
async function makeSealing({ store, home }: TestApi): Promise<void> {
  const keys = await KeyFile.open(join(home, 'secrets.key'), { mayCreate: true });
  await prepareSealingKey(store, new Keyring({ keys }), ACTOR);
}

/** One that those who reach the partner may name in an endpoint. */
async function setSecret(api: TestApi, partner: PartnerName): Promise<void> {
  const value = randomUUID();
  await api.ask('setSecret', `/secrets/${partner}-password`, api.keys.admin, {
    ...json({ value, partner }),
    method: 'PUT',
  });
}

/** The reach is written past the product: what is shown here is that it is kept to. */
async function makeKey(
  api: TestApi,
  witness: Witness,
  name: string,
  role: Role,
  scope: Scope,
): Promise<string> {
  const { key } = await createApiKey(api.store, api.identityKeys, { name, role, actor: ACTOR });
  await witness.query(`UPDATE api_key SET partners = $1, routes = '{*}' WHERE name = $2`, [
    SCOPES[scope],
    name,
  ]);
  return key;
}

/** As above; how one signs in is shown elsewhere. */
async function signPersonIn(api: TestApi, witness: Witness, role: Role, scope: Scope): Promise<PersonCell> {
  const token = `wbs_${randomBytes(32).toString('base64url')}`;
  await witness.query(
    `WITH person AS (
       INSERT INTO user_account (name, role, partners, password_hash, password_one_time, created_by)
       VALUES ($1, $2, $3, '$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$aGFzaA', false, 'test') RETURNING id)
     INSERT INTO session (user_id, digest, address, client, expires_at)
     SELECT id, $4, '192.0.2.1', 'spec', now() + interval '1 day' FROM person`,
    [`person-${role}-${scope}`, role, SCOPES[scope], api.identityKeys.digest('session', token)],
  );
  const cookie = `${SESSION_COOKIE}=${token}`;
  const csrfToken = api.identityKeys.csrfTokenOf(token);
  const headers = { cookie, origin: api.url, [CSRF_HEADER.toLowerCase()]: csrfToken };
  return { kind: 'person', role, scope, cookie, csrfToken, headers };
}

/** `alpha` alone is part of many words; a name that begins with it is not. */
function marksOf(objects: World['objects'], partner: PartnerName): string[] {
  const made = Object.values(objects).map((ids) => ids[partner]);
  return [...made.filter((id) => id !== partner), `ftp.${partner}.example`, `${partner}-file.csv`];
}
