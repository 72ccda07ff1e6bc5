import { describe, expect, it } from 'vitest';
import { cronProblem } from '#schedule';
import { type ParseOptions, parseConfiguration } from './parse-configuration.ts';

const PEM = '-----BEGIN CERTIFICATE-----\nTUlJQg==\n-----END CERTIFICATE-----\n';

const KNOWN_ENCODINGS = {
  utf8: true,
  'UTF-8': true,
  'ISO-8859-1': true,
  latin1: true,
  cp1252: true,
  cp437: true,
};
const options: ParseOptions = {
  fileName: 'exchange.yaml',
  readFile: (path) => ({ 'acme-ca.pem': PEM, 'notes.txt': 'hello' })[path],
  validateCron: cronProblem,
  validateEncoding: (name) => (name in KNOWN_ENCODINGS ? undefined : 'is not a known encoding'),
  allowedLegacyPolicies: [],
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
              auth: ['TLS'],
              clearCommandChannel: false,
              closeNotify: 'required',
            },
            passive: { addressPolicy: 'control_host', command: 'auto' },
            maxSessions: 4,
            encoding: 'utf8',
            transferType: 'binary',
            pipelining: false,
            keepAliveMs: 30_000,
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
            destination: {
              endpoint: 'inbox',
              path: '/positions',
              name: '{name}',
              onExisting: 'refuse',
              keepModified: false,
            },
            verify: { minimum: 'size' },
            afterDelivery: { source: 'keep' },
            onAmbiguous: 'hold',
            retry: { maxAttempts: 5, firstDelayMs: 30_000, factor: 2, maxDelayMs: 900_000, jitter: 0.2 },
            resume: false,
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

  it('knows no TLS and no mode of `ftp`', () => {
    const parsed = parseConfiguration(
      WHOLE.replace('protocol: ftps', 'protocol: ftp').replace('    tls:\n      ca: [acme-ca.pem]\n', ''),
      { ...options, allowedLegacyPolicies: ['plain_ftp'] },
    );
    expect(parsed.ok && parsed.configuration.endpoints[0]).toMatchObject({
      protocol: 'ftp',
      mode: 'plain',
      port: 21,
      tls: { dataProtection: 'clear', sessionReuse: 'off', ca: [], pins: [] },
    });
  });

  it.each([
    ['UTF-8', 'utf8'],
    ['latin1', 'latin1'],
    ['ISO-8859-1', 'latin1'],
    ['cp437', 'cp437'],
  ])('takes the encoding %s as %s', (given, encoding) => {
    const parsed = parseConfiguration(withChange('    tls:', `    encoding: ${given}\n    tls:`), options);
    expect(parsed.ok && parsed.configuration.endpoints[0]).toMatchObject({ encoding });
  });

  it('reads a client certificate as PEM with its key, or as PKCS#12, with references only', () => {
    const of = (certificate: string) => {
      const parsed = parseConfiguration(
        withChange('ca: [acme-ca.pem]', `clientCertificate: ${certificate}`),
        options,
      );
      const [endpoint] = parsed.ok ? parsed.configuration.endpoints : [];
      return endpoint?.protocol === 'ftps' ? endpoint.tls.clientCertificate : undefined;
    };
    expect(of('{cert: acme-ca.pem, key: {secret: our-key}, passphrase: {env: P}}')).toEqual({
      cert: PEM,
      key: { secret: 'our-key' },
      passphrase: { env: 'P' },
    });
    expect(of('{pkcs12: {file: /run/our.p12}, passphrase: {secret: p}}')).toEqual({
      pkcs12: { file: '/run/our.p12' },
      passphrase: { secret: 'p' },
    });
  });

  it('reads the range of ports on which a server may reach us', () => {
    const parsed = parseConfiguration(
      withChange('    tls:', '    active: {ports: 50000-50100, address: 192.0.2.7}\n    tls:'),
      options,
    );
    expect(parsed.ok && parsed.configuration.endpoints[0]).toMatchObject({
      active: { firstPort: 50_000, lastPort: 50_100, address: '192.0.2.7' },
    });
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
    const places = ['password', 'account', 'proxy', 'passphrase', 'pkcs12'];
    for (const place of places) {
      const text = {
        password: withChange('{secret: acme-password}', canary),
        account: withChange('    tls:', `    account: ${canary}\n    tls:`),
        proxy: withChange(
          '    tls:',
          `    proxy: {kind: socks5, host: p, port: 1080, username: u, password: ${canary}}\n    tls:`,
        ),
        passphrase: withChange(
          'ca: [acme-ca.pem]',
          `clientCertificate: {cert: acme-ca.pem, key: {env: K}, passphrase: ${canary}}`,
        ),
        pkcs12: withChange('ca: [acme-ca.pem]', `clientCertificate: {pkcs12: ${canary}}`),
      }[place]!;
      const problems = problemsOf(text);
      expect(problems.map(({ message }) => message).join(), place).toContain('literal secret is refused');
      expect(JSON.stringify(problems)).not.toContain(canary);
    }
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
