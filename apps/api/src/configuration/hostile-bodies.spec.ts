import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SAMPLE } from '../../testing/sample-configuration.ts';
import { json, problemOf, startTestApi, type TestApi } from '../../testing/start-test-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi(SAMPLE, { rules: { restLocalReferences: true } });
});
afterAll(() => api.close());

const ENDPOINT = {
  name: 'hostile',
  partner: 'acme',
  protocol: 'ftps',
  mode: 'explicit',
  host: 'ftp.example',
  port: 21,
  username: 'u',
  password: { secret: 'p' },
  tls: { ca: [], pins: [], clientCertificate: { cert: 'x', key: { secret: 'k' } } },
  passive: { addressPolicy: 'control_host' },
  proxy: { kind: 'socks5', host: 'proxy.example', port: 1080, password: { env: 'P' } },
  encoding: 'utf8',
};
const ROUTE = {
  name: 'hostile',
  source: { endpoint: 'acme-ftps', path: '/out', select: ['*'], regex: '.*' },
  destination: { endpoint: 'inbox', path: '/', name: '{name}' },
  retry: { maxAttempts: 1 },
  schedule: { cron: '* * * * *', timezone: 'UTC' },
  window: { from: '20:00', to: '06:00', timezone: 'UTC' },
};

type Path = readonly (string | number)[];

function pathsOf(value: unknown, at: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [at];
  return [
    ...(at.length > 0 ? [at] : []),
    ...Object.entries(value).flatMap(([key, inner]) => pathsOf(inner, [...at, key])),
  ];
}

function replaced(body: unknown, [step, ...rest]: Path, value: unknown): unknown {
  if (step === undefined) return value;
  const copy = { ...(body as Record<string, unknown>) };
  copy[step] = replaced(copy[step], rest, value);
  return copy;
}

const odd = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    [],
    {},
    '',
    0,
    -1,
    1e300,
    true,
    [[]],
    ['\n'],
    'x'.repeat(10_000),
    { $ne: null },
    { secret: '' },
  ),
  fc.constantFrom(
    '-----BEGIN CERTIFICATE-----\n',
    '0x7f.1',
    '[::1]',
    '(a{0,1000}){1000}',
    '../..',
    '2026-02-30',
    '\u202e',
  ),
  fc.jsonValue({ maxDepth: 2 }),
);

it.each([
  ['endpoint', ENDPOINT, '/endpoints/inbox'],
  ['route', ROUTE, '/routes/nightly'],
] as const)(
  'whatever stands in one field of a %s is answered without a 5xx, and a refusal names fields',
  async (noun, body, existing) => {
    const send = (method: string, path: string, value: unknown) =>
      api.call(method, `/api/v1${path}`, api.keys.admin, {
        ...json(value),
        headers: { 'content-type': 'application/json', 'if-match': '*' },
      });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...pathsOf(body)), odd, async (path, value) => {
        const patch = replaced({}, path, value);
        for (const answer of [
          await send('POST', `/${noun}s`, replaced(body, path, value)),
          await send('PATCH', existing, patch),
        ]) {
          expect(answer.status, `${path.join('.')} ${JSON.stringify(value)} ${answer.text}`).toBeLessThan(
            500,
          );
          if (answer.status !== 400) continue;
          const { code, errors } = problemOf(answer);
          if (code === 'invalid_request')
            for (const error of errors ?? []) expect(error.path).toMatch(/^body/);
        }
      }),
      { numRuns: 120 },
    );
  },
  120_000,
);
