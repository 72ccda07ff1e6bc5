import { describe, expect, it } from 'vitest';
import { cronProblem } from '#schedule';
import { type ParseOptions, parseConfiguration } from './parse-configuration.ts';

const PEM = '-----BEGIN CERTIFICATE-----\nTUlJQg==\n-----END CERTIFICATE-----\n';

const options: ParseOptions = {
  fileName: 'exchange.yaml',
  readFile: (path) => ({ 'acme-ca.pem': PEM, 'notes.txt': 'hello' })[path],
  validateCron: cronProblem,
};

const WHOLE = `apiVersion: waybill/v1
partners:
  - name: acme
endpoints:
  - name: acme-ftps
    partner: acme
    protocol: ftps
    host: ftp.acme.example
    username: waybill
    password: {secret: acme-password}
    tls:
      ca: [acme-ca.pem]
  - {name: inbox, protocol: local, root: /srv/waybill/inbox}
routes:
  - name: nightly
    source: {endpoint: acme-ftps, path: /out}
    destination: {endpoint: inbox, path: /positions}
    schedule: {cron: "15 2 * * 1-5", timezone: Europe/London}
`;

function problemsOf(text: string, changed: Partial<ParseOptions> = {}) {
  const parsed = parseConfiguration(text, { ...options, ...changed });
  return parsed.ok ? [] : parsed.problems;
}

/** The file with one passage exchanged; fails when the passage is not there. */
function withChange(from: string, to: string): string {
  expect(WHOLE).toContain(from);
  return WHOLE.replace(from, to);
}

describe('parseConfiguration', () => {
  it('fills every default of the contract', () => {
    const parsed = parseConfiguration(WHOLE, options);
    expect(parsed).toEqual({
      ok: true,
      configuration: {
        partners: [{ name: 'acme' }],
        endpoints: [
          {
            name: 'acme-ftps',
            partner: 'acme',
            protocol: 'ftps',
            mode: 'explicit',
            host: 'ftp.acme.example',
            port: 21,
            username: 'waybill',
            password: { secret: 'acme-password' },
            tls: {
              minVersion: 'TLSv1.2',
              ca: [PEM],
              pins: [],
              sessionReuse: 'required',
              dataProtection: 'private',
            },
            passive: { addressPolicy: 'control_host' },
            maxSessions: 4,
            encoding: 'utf8',
          },
          { name: 'inbox', protocol: 'local', root: '/srv/waybill/inbox', maxSessions: 16 },
        ],
        calendars: [],
        routes: [
          {
            name: 'nightly',
            source: {
              endpoint: 'acme-ftps',
              path: '/out',
              select: ['*'],
              exclude: [],
              recursive: false,
              settleMs: 5000,
            },
            destination: { endpoint: 'inbox', path: '/positions', name: '{name}', onExisting: 'refuse' },
            verify: { minimum: 'size' },
            afterDelivery: { source: 'keep' },
            onAmbiguous: 'hold',
            retry: { maxAttempts: 5, firstDelayMs: 30_000, factor: 2, maxDelayMs: 900_000, jitter: 0.2 },
            lanes: 4,
            priority: 5,
            schedule: {
              cron: '15 2 * * 1-5',
              timezone: 'Europe/London',
              onHoliday: 'skip',
              misfire: 'run_once',
              overlap: 'skip',
            },
            enabled: true,
          },
        ],
        channels: [],
      },
    });
  });

  it('takes port 990 for implicit TLS', () => {
    const parsed = parseConfiguration(
      withChange('protocol: ftps', 'protocol: ftps\n    mode: implicit'),
      options,
    );
    expect(parsed.ok && parsed.configuration.endpoints[0]).toMatchObject({ mode: 'implicit', port: 990 });
  });

  it('takes JSON as well as certificates as text', () => {
    const file = {
      apiVersion: 'waybill/v1',
      endpoints: [
        {
          name: 'a',
          protocol: 'ftps',
          host: '127.0.0.1',
          username: 'u',
          password: { env: 'P' },
          tls: { ca: [PEM] },
        },
      ],
    };
    const parsed = parseConfiguration(JSON.stringify(file), options);
    expect(parsed.ok && parsed.configuration.endpoints[0]).toMatchObject({ tls: { ca: [PEM] } });
  });

  it('tells every problem of a file at once, in its order', () => {
    const text = WHOLE.replace('path: /out', 'path: out')
      .replace('inbox, path', 'inbx, path')
      .replace('partner: acme', 'partner: acm');
    expect(problemsOf(text).map((problem) => problem.line)).toEqual([6, 16, 17]);
  });

  it('never repeats a literal secret', () => {
    const canary = 'c4n4ry-Secret';
    for (const secret of [canary, `[${canary}]`, `{value: ${canary}}`, `{secret: "${canary} x"}`]) {
      const problems = problemsOf(withChange('{secret: acme-password}', secret));
      expect(problems).not.toEqual([]);
      expect(JSON.stringify(problems)).not.toContain(canary);
    }
  });

  it('refuses a private key among certificates', () => {
    const key = '-----BEGIN PRIVATE KEY-----\nTUlJQg==\n-----END PRIVATE KEY-----\n';
    const [problem] = problemsOf(WHOLE, { readFile: () => key });
    expect(problem?.message).toContain('private key');
  });

  it("asks the caller's rule whether a well-formed cron expression can fire", () => {
    const [problem] = problemsOf(WHOLE, { validateCron: () => 'never fires' });
    expect(problem).toMatchObject({ path: 'routes[0].schedule.cron', message: 'never fires', line: 18 });
  });

  it('refuses an alias bomb', () => {
    const levels = Array.from(
      { length: 9 },
      (_, level) =>
        `x${level}: &x${level} [${Array(10)
          .fill(level === 0 ? 'lol' : `*x${level - 1}`)
          .join(', ')}]`,
    );
    expect(problemsOf(levels.join('\n'))[0]?.message).toContain('aliases');
  });

  it.each([
    ['', 'a mapping'],
    ['- a', 'a mapping'],
    ['text', 'a mapping'],
  ])('refuses %j as a file', (text, message) => {
    expect(
      problemsOf(text)
        .map((problem) => problem.message)
        .join(),
    ).toContain(message);
  });
});
