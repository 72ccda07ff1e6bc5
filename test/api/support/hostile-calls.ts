import { deflateSync } from 'node:zlib';
import fc, { type Arbitrary } from 'fast-check';
import { EXAMPLES } from './examples.ts';
import { COMPONENTS, type Described, nounOf } from './plan-call.ts';
import { valuesOf } from './schema-values.ts';
import type { Sent } from './send.ts';
import { PARTNERS, type World } from './world.ts';

/** What has opened databases, templates, shells and logs before. */
const AWKWARD = [
  ...["' OR 1=1 --", "'; DROP TABLE run; --", '%', '_', '\\', '"', '`', '$1', '::uuid', "\\'"],
  ...[
    '\0',
    '\ud800',
    '\u202e',
    '\u200b',
    '\r\nSet-Cookie: a=b',
    '\x1b[2J',
    '=cmd|calc',
    '<script>',
    'İ',
    'ﬃ',
  ],
  ...[
    '{{7*7}}',
    '$' + '{7*7}',
    '#{7*7}',
    '../../etc/passwd',
    '/..;/',
    '*',
    '(?=',
    '(a+)+$',
    '[[:x:]]',
    '\\Q',
  ],
  ...['', ' ', '0', '-0', '-1', '1e3', '1e400', 'NaN', 'null', 'true', '9'.repeat(18), '9'.repeat(400)],
  ...[
    '0000-01-01',
    '9999-12-31',
    '2026-02-30',
    '2026-01-01T00:00:00+23:59',
    '-271821-04-20',
    '+275760-09-13',
  ],
  ...[
    '127.0.0.1',
    '169.254.169.254',
    '0x7f000001',
    'localhost',
    '[::]',
    '__proto__',
    'constructor',
    'hasOwnProperty',
  ],
  ...['alpha', 'beta-in', 'planned', 'queued', 'admin', '* * * * *', '60 25 32 13 8', 'Europe/Nowhere'],
];

/** Filters of Prisma and its relatives, where text is expected. */
const OPERATORS: unknown[] = [
  { not: '' },
  { contains: '' },
  { in: [] },
  { equals: null },
  { path: ['a'], equals: 1 },
  { set: 'x' },
  { increment: 1 },
  { $ne: null },
  { $where: '1' },
  { OR: [{}] },
  { select: { digest: true } },
  { connect: { id: '1' } },
  { toString: 1, valueOf: 1 },
  { length: 1e9 },
];

const awkward = fc.constantFrom(...AWKWARD);
/** What PostgreSQL has no place for: the most frequent way from a text to a 5xx. */
const unstorable = fc.constantFrom('\0', 'a\0b', '\ud800', 'a\udc00b');
const text = fc.oneof(
  { weight: 2, arbitrary: unstorable },
  { weight: 3, arbitrary: awkward },
  fc.string({ unit: 'binary', maxLength: 30 }),
);

/** Anything but what is expected. */
const wrong: Arbitrary<unknown> = fc.oneof(
  text,
  fc.constantFrom(...OPERATORS),
  fc.constantFrom<unknown>(null, true, 0, -1, 1.5, 2 ** 53, -(2 ** 63), 1e308, [], {}, [[]], [null]),
  fc.integer({ min: 2_000, max: 60_000 }).map((length) => 'x'.repeat(length)),
);

/** Puts something else in one place of a value: the value itself, a field, an element, at any depth. */
function disturb(value: unknown, by: unknown, choose: number): unknown {
  const places = Array.isArray(value) || isObject(value) ? Object.keys(value) : [];
  const at = choose % (places.length + 2);
  if (at >= places.length) {
    if (at === places.length || !isObject(value)) return by;
    return { ...value, [typeof by === 'string' && by !== '__proto__' ? by : 'extra']: by };
  }
  const place = places[at]!;
  const rest = Math.floor(choose / (places.length + 2));
  if (Array.isArray(value)) return value.map((one, index) => (index === at ? disturb(one, by, rest) : one));
  const object = value as Record<string, unknown>;
  return { ...object, [place]: disturb(object[place], by, rest) };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The same value in a way that another parser would read otherwise, or not survive. */
const SPOILS: ((json: string, n: number) => string)[] = [
  (json) => json.replace('{', '{"__proto__":{"polluted":1},'),
  (json) => json.replace('{', '{"constructor":{"prototype":{"polluted":1}},'),
  (json) => json.replace(/\{("(?:[^"\\]|\\.)*")/, '{$1:1,$1'),
  (json) => json.replace('{', '{"a":1,"\\u0061":2,'),
  (json, n) => `${'['.repeat(33 + (n % 20_000))}${json}${']'.repeat(33 + (n % 20_000))}`,
  (json, n) => `${'{"a":'.repeat(33 + (n % 20_000))}${json}${'}'.repeat(33 + (n % 20_000))}`,
  (json, n) => json.slice(0, n % Math.max(1, json.length)),
  (json) => `${json}${json}`,
  (json) => `\ufeff${json}`,
  (json) => json.replaceAll('"', "'"),
  (json) => `${json}//`,
  () => '',
  () => 'null',
  () => '"text"',
  () => '-',
  () => '1e999999',
  () => `{"a":"${'x'.repeat(1_100_000)}"}`,
  (_, n) => `{${Array.from({ length: 5_000 }, (_, at) => `"k${at + (n % 7)}":0`).join()}}`,
];

type BodyForm = { headers: Record<string, string>; encode: (json: string) => string | Uint8Array };
const JSON_TYPE = 'application/json';
const PLAIN: BodyForm = { headers: { 'content-type': JSON_TYPE }, encode: (json) => json };
const FORMS: BodyForm[] = [
  { headers: { 'content-type': 'text/plain' }, encode: (json) => json },
  { headers: {}, encode: (json) => json },
  { headers: { 'content-type': 'application/x-www-form-urlencoded' }, encode: (json) => json },
  { headers: { 'content-type': 'multipart/form-data; boundary=x' }, encode: (json) => `--x\r\n\r\n${json}` },
  ...['utf-16le', 'utf-7', 'iso-8859-1', 'utf-32', 'nonsense', '"utf-8"', 'utf-8; charset=utf-7'].map(
    (charset): BodyForm => ({
      headers: { 'content-type': `${JSON_TYPE}; charset=${charset}` },
      encode: (json) => (charset === 'utf-16le' ? Buffer.from(json, 'utf16le') : json),
    }),
  ),
  { headers: { 'content-type': JSON_TYPE }, encode: (json) => Buffer.from(`${json}\xff`, 'latin1') },
  ...['deflate', 'gzip', 'br', 'identity, deflate', 'x'].map(
    (encoding): BodyForm => ({
      headers: { 'content-type': JSON_TYPE, 'content-encoding': encoding },
      encode: (json) => deflateSync(Buffer.from(json)),
    }),
  ),
];

/** Calls as the document invites to them, and as it does not. */
export function callsOf(described: Described, world: World): Arbitrary<Sent> {
  const { operation } = described;
  return fc
    .record({
      path: paths(described, world),
      query: queries(described),
      headers: headersOf(described, world),
      body: bodies(described),
    })
    .map(({ path, query, headers, body }) => ({
      method: operation.method,
      path: path + query,
      headers: { ...headers, ...body?.headers },
      body: body?.body,
    }));
}

function paths({ operation }: Described, world: World): Arbitrary<string> {
  const known = world.objects[nounOf(operation) ?? ''];
  const value = fc.oneof(
    {
      weight: 12,
      arbitrary: fc.constantFrom(...PARTNERS.map((partner) => known?.[partner] ?? 'nothing-here')),
    },
    { weight: 1, arbitrary: fc.uuid() },
    { weight: 2, arbitrary: text },
  );
  const prefix = operation.outsidePrefix ? '' : '/api/v1';
  return fc.infiniteStream(value).map((values) =>
    // encodeURIComponent knows no half characters.
    `${prefix}${operation.path}`.replace(/\{\w+\}/g, () =>
      encodeURIComponent(String(values.next().value).toWellFormed()),
    ),
  );
}

function queries({ parameters }: Described): Arbitrary<string> {
  const known = parameters.filter((one) => one.in === 'query');
  const fitting = fc.record(
    Object.fromEntries(known.map(({ name, schema }) => [name, valuesOf(schema, COMPONENTS).map(String)])),
    { requiredKeys: [] },
  );
  const names = fc.constantFrom(...known.map(({ name }) => name), 'extra', '__proto__');
  const odd = fc.array(
    fc.tuple(names, fc.constantFrom('', '', '[]', '[gt]', '[$ne]', '.x', '[__proto__]'), text),
    { minLength: 1, maxLength: 3 },
  );
  const raw = fc.constantFrom('%', '%ff', '%c0%af', 'limit=%00', '=', '&&&', 'a'.repeat(5_000), 'limit[=1');
  const written = fc.oneof(
    { weight: 5, arbitrary: fitting.map((query) => new URLSearchParams(wellFormed(query)).toString()) },
    {
      weight: 4,
      arbitrary: odd.map((pairs) =>
        pairs
          .map(([name, suffix, value]) => `${name}${suffix}=${encodeURIComponent(value.toWellFormed())}`)
          .join('&'),
      ),
    },
    { weight: 1, arbitrary: raw },
  );
  const none = { weight: known.length > 0 ? 1 : 10, arbitrary: fc.constant('') };
  return fc.oneof(none, { weight: 3, arbitrary: written.map((query) => `?${query}`) });
}

function wellFormed(query: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(query).map(([name, value = '']) => [name, value.toWellFormed()]));
}

/** Node's own client refuses to send other characters. */
function asHeader(value: string): string {
  return value.replace(/[^\x20-\x7e]/g, '?');
}

function headersOf({ parameters }: Described, { tags }: World): Arbitrary<Record<string, string>> {
  const known = parameters.filter((one) => one.in === 'header');
  return fc
    .record(
      Object.fromEntries(
        known.map(({ name, schema }) => [
          name,
          fc.oneof(
            { weight: 3, arbitrary: valuesOf(schema, COMPONENTS).map(String) },
            text,
            ...(name === 'if-match'
              ? [{ weight: 6, arbitrary: fc.constantFrom(...Object.values(tags)) }]
              : []),
          ),
        ]),
      ),
      { requiredKeys: known.filter(({ required }) => required).map(({ name }) => name) },
    )
    .map((headers) =>
      Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, asHeader(value)])),
    );
}

function bodies({
  id,
  body,
}: Described): Arbitrary<{ headers: Record<string, string>; body: string | Uint8Array } | undefined> {
  // Where none is expected, one that comes all the same is not read.
  if (!body)
    return fc.option(fc.constant({ headers: { ...PLAIN.headers }, body: '{"a":1' }), {
      freq: 8,
      nil: undefined,
    });
  const given = EXAMPLES[id];
  const made = valuesOf(body, COMPONENTS);
  const fitting = given ? fc.oneof(made, fc.constantFrom<unknown>(...PARTNERS.map(given))) : made;
  const disturbed = fc
    .tuple(fitting, wrong, fc.nat(1_000_000), fc.option(fc.tuple(wrong, fc.nat(1_000_000)), { freq: 2 }))
    .map(([value, by, at, more]) => {
      const once = disturb(value, by, at);
      return more ? disturb(once, ...more) : once;
    });
  const json = fc.oneof(
    { weight: 4, arbitrary: fitting.map((value) => JSON.stringify(value)) },
    { weight: 6, arbitrary: disturbed.map((value) => JSON.stringify(value) ?? '') },
    { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.stringify(value)) },
  );
  const spoilt = fc
    .tuple(json, fc.constantFrom(...SPOILS), fc.nat(1_000_000))
    .map(([value, spoil, n]) => spoil(value, n));
  const form = fc.oneof({ weight: 9, arbitrary: fc.constant(PLAIN) }, fc.constantFrom(...FORMS));
  return fc
    .tuple(fc.oneof({ weight: 8, arbitrary: json }, { weight: 2, arbitrary: spoilt }), form)
    .map(([value, { headers, encode }]) => ({ headers: { ...headers }, body: encode(value) }));
}
