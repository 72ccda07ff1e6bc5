import { describe, expect, it } from 'vitest';
import { cronProblem } from '#schedule';
import { type ParseOptions, parseConfiguration } from './parse-configuration.ts';

const PEM = '-----BEGIN CERTIFICATE-----\nTUlJQg==\n-----END CERTIFICATE-----\n';

const KNOWN_ENCODINGS = { utf8: true, 'UTF-8': true, latin1: true, cp1252: true, cp437: true };
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
  it.each<[string, string, string, { line: number; path: string; message: string; nearest?: string }]>([
    [
      'an unknown key of a route',
      'schedule: {',
      'lanez: 2\n    schedule: {',
      { line: 18, path: 'routes[0].lanez', message: 'unknown key', nearest: 'lanes' },
    ],
    [
      'an unknown key of an endpoint of one protocol',
      'root: /srv',
      'roott: /x, root: /srv',
      { line: 13, path: 'endpoints[1].roott', message: 'unknown key', nearest: 'root' },
    ],
    [
      'an unknown key deep inside',
      'ca: [acme-ca.pem]',
      'minVersoin: TLSv1.3',
      { line: 12, path: 'endpoints[0].tls.minVersoin', message: 'unknown key', nearest: 'minVersion' },
    ],
    [
      'an unknown key of the file',
      'routes:',
      'rutes:',
      { line: 14, path: 'rutes', message: 'unknown key', nearest: 'routes' },
    ],
    [
      '__proto__ as a key',
      'schedule: {',
      '__proto__: {x: 1}\n    schedule: {',
      { line: 18, path: 'routes[0].__proto__', message: 'unknown key' },
    ],
    [
      'a bad cron expression',
      '15 2 * * 1-5',
      '75 2 * * 1-5',
      { line: 18, path: 'routes[0].schedule.cron', message: 'minute: 75 is not between 0 and 59' },
    ],
    [
      'a cron expression of six fields',
      '15 2 * * 1-5',
      '0 15 2 * * 1-5',
      { line: 18, path: 'routes[0].schedule.cron', message: 'has 6 fields' },
    ],
    [
      'an unknown zone',
      'Europe/London',
      'Europe/Londn',
      {
        line: 18,
        path: 'routes[0].schedule.timezone',
        message: 'not an IANA time zone',
        nearest: 'Europe/London',
      },
    ],
    [
      'a schedule without a zone',
      ', timezone: Europe/London',
      '',
      { line: 18, path: 'routes[0].schedule.timezone', message: 'is missing' },
    ],
    [
      'a missing partner',
      'partner: acme',
      'partner: acmee',
      { line: 6, path: 'endpoints[0].partner', message: 'there is no partner', nearest: 'acme' },
    ],
    [
      'a missing endpoint',
      'endpoint: inbox',
      'endpoint: inbx',
      { line: 17, path: 'routes[0].destination.endpoint', message: 'there is no endpoint', nearest: 'inbox' },
    ],
    [
      'a literal password',
      '{secret: acme-password}',
      'hunter22',
      { line: 10, path: 'endpoints[0].password', message: 'literal secret is refused' },
    ],
    [
      'two references for one password',
      '{secret: acme-password}',
      '{secret: a, env: B}',
      { line: 10, path: 'endpoints[0].password', message: 'exactly one' },
    ],
    [
      'a name used twice',
      'name: inbox',
      'name: acme-ftps',
      { line: 13, path: 'endpoints[1].name', message: 'used twice' },
    ],
    [
      'a number where text belongs',
      'username: waybill',
      'username: 12',
      { line: 9, path: 'endpoints[0].username', message: 'must be text, not a number' },
    ],
    [
      'text where a number belongs',
      'username: waybill',
      'username: waybill\n    port: "21"',
      { line: 10, path: 'endpoints[0].port', message: 'must be a number, not text' },
    ],
    [
      'a port out of range',
      'username: waybill',
      'username: waybill\n    port: 70000',
      { line: 10, path: 'endpoints[0].port', message: 'at most 65535' },
    ],
    [
      'a relative path',
      'path: /out',
      'path: out',
      { line: 16, path: 'routes[0].source.path', message: 'not absolute' },
    ],
    [
      'a path that climbs',
      'path: /out',
      'path: /out/../etc',
      { line: 16, path: 'routes[0].source.path', message: '`..` are refused' },
    ],
    [
      'a root that is not absolute',
      'root: /srv/waybill/inbox',
      'root: inbox',
      { line: 13, path: 'endpoints[1].root', message: 'not absolute' },
    ],
    [
      'a URL as host',
      'host: ftp.acme.example',
      'host: ftps://ftp.acme.example',
      { line: 8, path: 'endpoints[0].host', message: 'not a URL' },
    ],
    [
      'a host with a port',
      'host: ftp.acme.example',
      'host: ftp.acme.example:21',
      { line: 8, path: 'endpoints[0].host', message: 'port stands in' },
    ],
    [
      'a negative duration',
      'path: /out',
      'path: /out, settleMs: -1',
      { line: 16, path: 'routes[0].source.settleMs', message: 'at least 0' },
    ],
    [
      'a misspelt enumeration',
      'path: /positions',
      'path: /positions, onExisting: overwrit',
      { line: 17, path: 'routes[0].destination.onExisting', message: 'is not one of', nearest: 'overwrite' },
    ],
    [
      'a misspelt protocol',
      'protocol: ftps',
      'protocol: fpts',
      { line: 7, path: 'endpoints[0].protocol', message: 'is not one of', nearest: 'ftps' },
    ],
    [
      'sftp',
      'protocol: ftps',
      'protocol: sftp',
      { line: 7, path: 'endpoints[0].protocol', message: 'not available in this version' },
    ],
    [
      'a missing certificate file',
      'acme-ca.pem',
      'acme.pem',
      { line: 12, path: 'endpoints[0].tls.ca[0]', message: 'cannot be read beside' },
    ],
    [
      'a certificate file without a certificate',
      'acme-ca.pem',
      'notes.txt',
      { line: 12, path: 'endpoints[0].tls.ca[0]', message: 'holds no whole PEM certificate' },
    ],
    [
      'a pin that is no pin',
      'ca: [acme-ca.pem]',
      'pins: [sha256/abc]',
      { line: 12, path: 'endpoints[0].tls.pins[0]', message: 'a pin is' },
    ],
    [
      'an archive without a directory',
      'schedule: {',
      'afterDelivery: {source: archive}\n    schedule: {',
      { line: 18, path: 'routes[0].afterDelivery.source', message: 'needs the directory' },
    ],
    [
      'a resume that no hash confirms',
      'schedule: {',
      'resume: true\n    schedule: {',
      {
        line: 18,
        path: 'routes[0].resume',
        message: 'a resumed file is only trusted with a hash: set verify.minimum',
      },
    ],
    [
      'an unknown placeholder',
      'path: /positions',
      'path: /positions, name: "{day}.csv"',
      { line: 17, path: 'routes[0].destination.name', message: '{day} is not known' },
    ],
    [
      'a route onto itself',
      'endpoint: inbox, path: /positions',
      'endpoint: acme-ftps, path: /out',
      { line: 17, path: 'routes[0].destination', message: 'the source itself' },
    ],
    [
      'expectations, which come later',
      'schedule: {',
      'expect: {by: "03:00"}\n    schedule: {',
      { line: 18, path: 'routes[0].expect', message: '`expect` is not available' },
    ],
    [
      'a calendar, which comes later',
      'timezone: Europe',
      'calendar: uk-bank, timezone: Europe',
      { line: 18, path: 'routes[0].schedule.calendar', message: '`calendar` is not available' },
    ],
    [
      'channels, which come later',
      'routes:',
      'channels:\n  - {name: ops}\nroutes:',
      { line: 15, path: 'channels[0]', message: 'not available in this version' },
    ],
    [
      'a missing key',
      '    username: waybill\n',
      '',
      { line: 5, path: 'endpoints[0].username', message: 'is missing' },
    ],
    [
      'another apiVersion',
      'waybill/v1',
      'waybill/v2',
      { line: 1, path: 'apiVersion', message: 'is not waybill/v1', nearest: 'waybill/v1' },
    ],
    [
      'a key twice',
      'partners:',
      'apiVersion: waybill/v1\npartners:',
      { line: 2, path: '', message: 'unique' },
    ],
    ['a tag', 'host: ftp', 'host: !env ftp', { line: 8, path: '', message: 'tag' }],
    ['text that is not YAML', 'partners:', 'partners: [', { line: 3, path: '', message: '' }],
  ])('refuses %s with file, line and name', (_, from, to, expected) => {
    const problems = problemsOf(withChange(from, to));
    const { message, line, path, nearest } = expected;
    const found = problems.find((problem) => problem.line === line && problem.path === path);
    expect(found, JSON.stringify(problems)).toBeDefined();
    expect(found).toMatchObject({ file: 'exchange.yaml', message: expect.stringContaining(message) });
    expect(found?.nearest).toBe(nearest);
  });
});
