/**
 * Each promise about the control plane, and the tests that show it. A title is that of a test or of a group of tests,
 * as it stands in its file (`%s` and `$name` stand for whatever is put there).
 */
export interface Promised {
  says: string;
  shownBy: Readonly<Record<string, readonly string[]>>;
  /** What is shown elsewhere, or what it does not show. */
  note?: string;
}

const api = (name: string) => `test/api/${name}.spec.ts`;
const e2e = (name: string) => `test/e2e/${name}.spec.ts`;
const http = (name: string) => `apps/api/src/http/${name}.spec.ts`;
const gate = (name: string) => `apps/api/src/identity/${name}.spec.ts`;
const configured = (name: string) => `apps/api/src/configuration/${name}.spec.ts`;
const identity = (name: string) => `libs/identity/src/${name}.spec.ts`;
const egress = (name: string) => `libs/egress/src/${name}.spec.ts`;
const TRIGGERING = 'apps/api/src/runs/triggering.spec.ts';
const SCOPE = 'apps/api/src/scope.spec.ts';
const KEYS = 'libs/secrets/src/keys.spec.ts';
const SENDER = 'apps/worker/src/callback-sender.spec.ts';
const QUEUE = 'libs/queue/src/queue-postgres.spec.ts';

export const PROMISES: Readonly<Record<string, Promised>> = {
  P1: {
    says: 'Every operation needs an identity but a listed few, in every spelling; an unsafe configuration starts nothing',
    shownBy: {
      [api('anonymous')]: ['without an identity', 'with the key of an admin'],
      [api('processes')]: ['an unsafe or half configuration'],
      [e2e('unsafe-database')]: ['waybill %s with the %s ends with one line'],
    },
  },
  P2: {
    says: 'Each role and reach can do its cell only, as a program and as a person; a refusal changes nothing',
    shownBy: {
      [api('roles')]: [
        'is refused to every role that the table does not name',
        'is refused to whoever reaches only some partners',
        'knows no object of a partner that the identity does not reach',
        'shows nothing of a partner that the identity does not reach',
        'the rows of the table change something for those who may',
      ],
      [SCOPE]: ["answers another partner's object as one that is not there, and changes nothing"],
    },
  },
  P3: {
    says: 'Keys, sessions and OIDC: random, kept as digests, single use, over at once',
    shownBy: {
      [gate('access')]: ['API keys'],
      [gate('sign-in')]: [
        'a sign-in',
        'is over with the next request: signed out, ended by an admin, disabled, reset',
      ],
      [gate('stolen-credentials')]: ['a stolen session of an admin'],
      [gate('oidc')]: ['an answer of the provider', 'what is kept while a person is at the provider'],
      [gate('oidc-lies')]: ['that %s lets nobody in'],
      [identity('sign-in')]: ['works with nothing that a dump of the database holds', 'the second factor'],
    },
  },
  P4: {
    says: 'The first admin is made by a local command; there is no setup route',
    shownBy: {
      [api('processes')]: ['has no administrator and no way over the network to make one'],
      [api('anonymous')]: ['there is no %s, with or without a key'],
      [e2e('identity-commands')]: ['the first admin is made by the first start'],
    },
  },
  P5: {
    says: 'Input is JSON that fits a schema: 5,000 bodies made from the document, 0 answers of 5xx; no SQL from text',
    shownBy: {
      [api('fuzz')]: ['calls'],
      [api('document')]: [''],
      [api('code')]: ['SQL'],
      [configured('hostile-bodies')]: ['whatever stands in one field of a %s'],
    },
    note: '`WAYBILL_FUZZ_CALLS=50000` for more.',
  },
  P6: {
    says: 'Configuration cannot become code: what is built runs nothing, and works where nothing can be run',
    shownBy: {
      [api('code')]: ['what is built', 'configuration'],
      [api('processes')]: ['an installation that may start no program'],
    },
    note: '`waybill start` starts two programs, each named there: its database and its lanes.',
  },
  P7: {
    says: 'One way to read a host or path; control characters nowhere; where connections may go, also after DNS changed',
    shownBy: {
      [egress('host')]: ['normalising twice changes nothing, whatever the text', 'one host has one spelling'],
      [egress('egress-policy')]: ['no spelling of whatever kind leads out of the ordinary'],
      [egress('rebinding')]: ['a name that resolved to a partner when it was saved'],
      [api('anonymous')]: ['$id has one spelling'],
      'apps/worker/src/local-roots.spec.ts': [
        'a root that a request names',
        'what belongs to the installation',
      ],
      [e2e('egress')]: ['as it is installed, a worker does not connect to its own machine'],
    },
  },
  P8: {
    says: 'Abuse is bounded: rates, sizes, no inflating, back-off without lock-out; others go on working',
    shownBy: {
      [api('limits')]: ['how often one may ask', 'how much one may send'],
      [api('abuse')]: ['somebody who abuses the api'],
      [http('rate-limits')]: ['lets no more made-up keys in at once', 'holds up nobody who is known'],
      [http('proxies')]: ['how often strangers may ask'],
      [http('http-server')]: ['somebody slow'],
      [http('database-turns')]: ['lets slow searches of one identity'],
      [identity('sign-in-delays')]: ['guesses'],
    },
  },
  P9: {
    says: 'Only our own page changes anything with a session; no inline script; names are text',
    shownBy: {
      [api('csrf')]: [
        'is done by no page but our own, and nothing of it is',
        'what a page elsewhere could read',
        'names that partners choose',
      ],
      [http('proxies')]: ['changes something from the own page alone, over https alone'],
      [gate('sign-in')]: ['sets a cookie that no script, no other host and no other page gets'],
    },
  },
  P10: {
    says: '100 parallel repeats of one Idempotency-Key are one run and one answer, a crash in the middle included',
    shownBy: {
      [TRIGGERING]: ['an Idempotency-Key'],
      [e2e('idempotency-crash')]: ['100 repeats of one key and a kill -9 make one run and one answer'],
    },
  },
  P11: {
    says: 'Pins, hosts, credentials, secrets and rights need a second person where the policy is on',
    shownBy: {
      [configured('approvals')]: ['%s waits, and one person can do nothing about it'],
      [gate('role-approvals')]: ['a role is in force when a second admin has approved it, and not before'],
      [gate('second-person')]: ['the second person'],
      'apps/api/src/secrets/pending-secrets.spec.ts': [''],
    },
    note: 'Retention is a setting of the installation (environment), which nobody changes over the network.',
  },
  K1: {
    says: '40 canary secrets in ten places, 0 found: tables, dialogues, logs, answers, events, traces, metrics, Redis, exports',
    shownBy: {
      [api('canaries')]: ['canaries in ten places'],
      'apps/api/src/secrets/secrets.spec.ts': [
        'of 40 canaries none stands in a table, a log line or an answer',
      ],
    },
    note: 'Each product and each api that any suite starts is searched for its own secrets when it closes (`test/support/canaries.ts`). `WAYBILL_CANARIES=400` for more.',
  },
  K2: {
    says: 'A dump without the key opens nothing; the api by itself cannot open what it seals',
    shownBy: {
      [api('dump')]: ['a dump of the database without the key', 'the api by itself'],
      [e2e('lanes-process')]: ['alone have the key that opens secrets'],
    },
  },
  K3: {
    says: 'The key is rotated three times during 2,000 transfers: 0 failures, nothing under an old key',
    shownBy: { [e2e('secret-keys')]: ['transfers fails none of them, and leaves nothing under an old key'] },
    note: '`WAYBILL_ROTATION_TRANSFERS=10000` for more.',
  },
  K4: {
    says: 'A ciphertext opens in its own row only',
    shownBy: { [api('dump')]: ['a ciphertext in another row'], [KEYS]: ['is refused (row 82)'] },
  },
  K5: {
    says: 'No default credential in image, compose file or repository; with nothing set nothing starts',
    shownBy: {
      [api('code')]: ['default credentials'],
      [api('processes')]: ['an unsafe or half configuration'],
    },
  },
  K6: {
    says: 'Vault away: what runs goes on, what is new waits, nothing falls back',
    shownBy: {
      [e2e('secret-keys')]: ['running transfers go on, new runs wait and say why, and nothing falls back'],
      [e2e('process-telemetry')]: ['a worker without the keys says so'],
      'apps/cli/src/open-keys.spec.ts': ['a worker starts while Vault is away'],
    },
    note: '`WAYBILL_OUTAGE_MS=600000` for ten minutes of it.',
  },
  'row 64': {
    says: 'A doorbell of an unknown run, an old fence or a forged payload does nothing',
    shownBy: {
      [api('doorbells')]: ['what somebody with access to the queue puts there'],
      [QUEUE]: ['ignores a forged payload and says so'],
      'libs/audit/src/run-recorder.spec.ts': ['whose lease ran out changes nothing any more'],
    },
    note: 'Said in the log, not in the audit: whoever can write to the queue could fill it.',
  },
  'row 65': {
    says: 'Redis full, read-only, loading, closed or empty: runs are taken, and done when it is back',
    shownBy: {
      [api('doorbells')]: ['a Redis that is there and refuses'],
      'apps/api/src/create-api.spec.ts': ['accepts a run while the queue is away: the sweep rings later'],
    },
    note: 'Wiped, killed and emptied under load: `npm run test:chaos` (D4).',
  },
  'row 66': {
    says: 'A Redis that evicts or forgets is refused at start',
    shownBy: {
      'test/servers/unsafe-redis.spec.ts': ['%s does not start, and says in one line what to change'],
    },
    note: 'A Redis without a password or TLS is not refused: it holds ids of runs and nothing else.',
  },
  'row 67': {
    says: 'Clock changes and zone data: the golden table, and the database’s clock alone',
    shownBy: {
      'libs/schedule/src/clock-changes.spec.ts': ['the golden table of clock changes'],
      'libs/schedule/src/window.spec.ts': ['where the clock is put forward'],
    },
  },
  'row 68': {
    says: 'Missed ticks are capped, recorded and come one by one',
    shownBy: {
      'libs/schedule/src/schedule.spec.ts': [
        'accounts for every missed moment by the misfire policy',
        'leaves what is over the limit for the next round',
      ],
      [e2e('several-processes')]: [
        'three schedulers record every minute of an outage once, late, and each became a run',
      ],
    },
  },
  'row 69': {
    says: 'SQL in every string, operators in place of strings: 400',
    shownBy: { [api('fuzz')]: ['calls'], [http('fuzz')]: ['any input'], [api('code')]: ['SQL'] },
  },
  'row 70': {
    says: '`__proto__`, depth, size, double keys, charsets, deflate: 400, 413, 415, nothing is inflated',
    shownBy: { [api('limits')]: ['%s is refused without a trace'], [http('scan-json')]: ['refusedInJson'] },
  },
  'row 71': {
    says: 'Spellings of guarded addresses are decided as the address itself',
    shownBy: {
      [api('anonymous')]: ['$id is not reached by any spelling, and leaves no trace', '$id has one spelling'],
    },
  },
  'row 72': {
    says: "Another partner's id in path, body, cursor or stream: 404, and no difference in time",
    shownBy: {
      [SCOPE]: [
        "does not tell another partner's from what is not there",
        'a cursor of somebody who sees more shows no more',
      ],
      [api('roles')]: ['knows no object of a partner that the identity does not reach'],
      'libs/store/src/queries/scope.spec.ts': [
        'of one list is refused by another, and one made by hand shows nothing from outside',
      ],
      [gate('identity-pages')]: [
        'the cursor of one list is refused by the others, and so is one that names a row',
      ],
      'apps/api/src/events/events.spec.ts': [
        'tells a key of one partner nothing of another one, live or resumed',
      ],
    },
  },
  'row 73': {
    says: 'A role that is taken away is gone with the next call, and with the next event of a stream',
    shownBy: {
      [identity('users')]: ['have another role with the next request, and no session when they are disabled'],
      [gate('sign-in')]: ['is over with the next request'],
      'apps/api/src/events/events.spec.ts': ['when its key is revoked, at once and for good'],
    },
  },
  'row 74': {
    says: 'Loopback, link-local, metadata, our own services, in every spelling, refused at save and at connect',
    shownBy: {
      [egress('egress-policy')]: ['when nobody has said anything', 'the class of an address'],
      [egress('egress')]: ['what Waybill itself runs on', 'checking a host'],
      [egress('rebinding')]: ['a name that resolved to a partner when it was saved'],
      'libs/configuration/src/configuration-service.spec.ts': [
        'with a host that may not be dialled is refused as a whole, naming every one',
      ],
      [e2e('refusals')]: ['to an address that the egress policy refuses ends as egress_refused'],
      'apps/worker/src/callback-receivers.spec.ts': ['the egress policy'],
    },
  },
  'row 75': {
    says: 'An examination, or a look at a folder, is no port scanner: a right, a rate, one login',
    shownBy: {
      'apps/api/src/endpoints/probes.spec.ts': [
        'is refused to a %s, with no row',
        'queues one, tells everybody what it has found so far',
        'queues one with its defaults, shows what it has seen as text, and refuses the next one in words',
      ],
      'apps/api/src/runs/callbacks.spec.ts': [
        'of who is limited leads to no inside address, and he is told of none',
      ],
      [e2e('doctor')]: ['a refused password is tried once, and never again'],
      [e2e('looks')]: [
        'where the login is refused: the endpoint pauses as after a run, and there is no second try',
        'where no connection may go: nothing is dialled',
      ],
    },
  },
  'row 76': {
    says: 'Another host, port or proxy clears the credentials',
    shownBy: {
      [configured('secret-references')]: ['another host or port'],
      [configured('limited-admins')]: ['a proxy stands between us and the server'],
    },
  },
  'row 77': {
    says: 'File names in lines, terminals and exports are escaped',
    shownBy: {
      'libs/telemetry/src/telemetry.spec.ts': ['shows control characters instead of obeying them'],
      'apps/cli/src/delivery-lines.spec.ts': [
        'names and replies of strangers cannot move the cursor or reverse the text',
      ],
      'apps/api/src/exports/csv.spec.ts': [
        'that a spreadsheet would compute is text',
        'no cell begins with what is computed',
      ],
      'apps/api/src/exports/exports.spec.ts': ['makes names of strangers harmless in CSV'],
    },
  },
  'row 78': {
    says: 'Names, banners and subjects are text, and the policy allows no script of the page',
    shownBy: {
      [api('csrf')]: ['names that partners choose', 'what a page elsewhere could read'],
      [http('requests')]: ['can be read as a page that loads nothing from elsewhere'],
    },
  },
  'row 79': {
    says: 'A key in an address, of somebody who is gone, or wider than its maker: refused',
    shownBy: {
      [gate('access')]: ['a key in the address is no identity, and its request is answered with 401'],
      [gate('sign-in')]: [
        'are out of reach for an admin of some partners or of some routes, without a trace',
      ],
      [gate('stolen-credentials')]: ['a key'],
    },
  },
  'row 80': {
    says: 'OIDC: replayed, mixed up, unsigned, other keys: refused',
    shownBy: {
      [gate('oidc')]: ['is taken once', 'that names another issuer is refused'],
      [gate('oidc-lies')]: ['that %s lets nobody in'],
    },
  },
  'row 81': {
    says: 'A webhook that is altered, old or repeated can be told by its receiver',
    shownBy: {
      [SENDER]: [
        'is sent once when the run has ended, and signed over id, time and body',
        'is tried again under the same id',
      ],
    },
    note: 'We receive none; ours are signed as standardwebhooks.com says.',
  },
  'row 82': {
    says: 'A ciphertext that is swapped, cut or under an old key: refused',
    shownBy: {
      [KEYS]: ['is refused (row 82)'],
      [api('dump')]: ['a ciphertext in another row'],
      [e2e('secret-keys')]: ['a row that was tampered with'],
    },
  },
  'row 83': {
    says: 'A secret that looks like the mask, or comes letter by letter: 0 found',
    shownBy: {
      [api('canaries')]: ['none of them is anywhere else'],
      'libs/telemetry/src/telemetry.spec.ts': ['hides what a server or library quotes'],
    },
  },
};
