import { describe, expect, it } from 'vitest';
import type { LegacyPolicy } from '#domain';
import { describeProblem } from './configuration-text.ts';
import { parseConfiguration } from './parse-configuration.ts';

const PEM = '-----BEGIN CERTIFICATE-----\nTUlJQg==\n-----END CERTIFICATE-----\n';

/** One endpoint and one route; `options` begin on line 8. */
function file(options: string, { protocol = 'ftps', route = '' } = {}): string {
  const indented = options
    .trim()
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n');
  return `apiVersion: waybill/v1
endpoints:
  - name: acme
    protocol: ${protocol}
    host: ftp.acme.example
    username: waybill
    password: {secret: p}
${indented}
  - {name: inbox, protocol: local, root: /srv/inbox}
routes:
  - name: nightly
    source: {endpoint: acme, path: /out}
    destination: {endpoint: inbox, path: /in}
    ${route}
`;
}

function parse(text: string, allowedLegacyPolicies: readonly LegacyPolicy[] = []) {
  return parseConfiguration(text, {
    fileName: 'exchange.yaml',
    readFile: (path) => (path === 'our.pem' ? PEM : undefined),
    validateCron: () => undefined,
    validateEncoding: (name) => (name === 'utf8' || name === 'cp437' ? undefined : 'is not a known encoding'),
    allowedLegacyPolicies,
  });
}

function problemsOf(text: string, allowed: readonly LegacyPolicy[] = []): string[] {
  const parsed = parse(text, allowed);
  return parsed.ok ? [] : parsed.problems.map(describeProblem);
}

const AT = 'exchange.yaml:8';

describe('an option of a server is refused with its line', () => {
  it.each<[string, string, string]>([
    [
      'AUTH in implicit mode',
      'mode: implicit\ntls: {auth: [TLS, SSL]}',
      'tls.auth: means something only with mode: explicit',
    ],
    [
      'a word AUTH does not have',
      'tls: {auth: [TSL]}',
      '`TSL` is not one of TLS, TLS-C, SSL; did you mean `TLS`?',
    ],
    ['a word of AUTH twice', 'tls: {auth: [TLS, TLS]}', 'each word of AUTH is tried once'],
    ['no word of AUTH', 'tls: {auth: []}', 'must be at least 1 entries'],
    [
      'CCC in implicit mode',
      'mode: implicit\ntls: {clearCommandChannel: true}',
      'tls.clearCommandChannel: is possible only with mode: explicit',
    ],
    ['a misspelt closeNotify', 'tls: {closeNotify: waive}', 'did you mean `waived`?'],
    [
      'a newest version older than the oldest',
      'tls: {minVersion: TLSv1.3, maxVersion: TLSv1.2}',
      'tls.maxVersion: must not be older than minVersion',
    ],
    [
      'a certificate without its key',
      'tls: {clientCertificate: {cert: our.pem}}',
      'clientCertificate.key: is missing',
    ],
    [
      'a key without its certificate',
      'tls: {clientCertificate: {key: {env: K}}}',
      'clientCertificate.cert: is missing',
    ],
    [
      'an empty client certificate',
      'tls: {clientCertificate: {passphrase: {env: P}}}',
      'clientCertificate: needs cert and key, or pkcs12',
    ],
    [
      'two kinds of client certificate',
      'tls: {clientCertificate: {cert: our.pem, key: {env: K}, pkcs12: {env: B}}}',
      'pkcs12: either cert and key, or pkcs12',
    ],
    [
      'a key that PKCS#12 has not',
      'tls: {clientCertificate: {pkcs12: {env: B}, passphrsae: {env: P}}}',
      'did you mean `passphrase`?',
    ],
    [
      'networks that nobody asks for',
      'passive: {advertisedNetworks: [10.0.0.0/8]}',
      'advertisedNetworks: means something only with addressPolicy: advertised',
    ],
    [
      'a network without its bits',
      'passive: {addressPolicy: advertised, advertisedNetworks: [10.0.0.1]}',
      '`10.0.0.1` is not a network such as',
    ],
    [
      'a network of too many bits',
      'passive: {addressPolicy: advertised, advertisedNetworks: [10.0.0.0/33]}',
      'at most 32 bits',
    ],
    [
      'a network of too many bits of IPv6',
      'passive: {addressPolicy: advertised, advertisedNetworks: ["2001:db8::/129"]}',
      'at most 128 bits',
    ],
    [
      'a network by name',
      'passive: {addressPolicy: advertised, advertisedNetworks: [partner.example/24]}',
      'is not a network such as',
    ],
    [
      'an empty list of networks',
      'passive: {addressPolicy: advertised, advertisedNetworks: []}',
      'must be at least 1 entries',
    ],
    ['a misspelt passive command', 'passive: {command: epvs}', 'did you mean `epsv`?'],
    ['ports that are no range', 'active: {ports: "50000"}', 'is not a range of ports such as 50000-50100'],
    ['ports backwards', 'active: {ports: 50100-50000}', 'is not a range of ports'],
    ['ports of the system', 'active: {ports: 20-21}', 'is not a range of ports'],
    ['ports that do not exist', 'active: {ports: 50000-65536}', 'is not a range of ports'],
    ['active without ports', 'active: {address: 192.0.2.7}', 'active.ports: is missing'],
    [
      'an active address by name',
      'active: {ports: 50000-50100, address: us.example}',
      'active.address: `us.example` is not an IP address',
    ],
    [
      'active with passive options',
      'passive: {command: pasv}\nactive: {ports: 50000-50100}',
      'passive: means nothing with `active`',
    ],
    [
      'active through a proxy',
      'active: {ports: 50000-50100}\nproxy: {kind: socks5, host: p, port: 1080}',
      'active: is not possible with `proxy`',
    ],
    ['a proxy of no kind', 'proxy: {kind: socks, host: p, port: 1080}', 'did you mean `socks5`?'],
    ['a proxy without port', 'proxy: {kind: socks5, host: p}', 'proxy.port: is missing'],
    [
      'a proxy password without user',
      'proxy: {kind: socks5, host: p, port: 1080, password: {env: P}}',
      'proxy.password: needs the username',
    ],
    [
      'an unknown encoding',
      'encoding: cp473',
      'encoding: `cp473` is not a known encoding; did you mean `cp437`?',
    ],
    ['a misspelt utf8', 'encoding: uft8', 'did you mean `utf8`?'],
    [
      'a virtual host that is a URL',
      'virtualHost: ftp://acme',
      'virtualHost: a host name or address, not a URL',
    ],
    ['a misspelt transfer type', 'transferType: txt', 'did you mean `text`?'],
    ['a record format z/OS has not', 'site: {recordFormat: FBA}', 'did you mean `FB`?'],
    ['records that are too long', 'site: {recordLength: 32761}', 'site.recordLength: must be at most 32760'],
    ['records of nothing', 'site: {recordLength: 0}', 'site.recordLength: must be at least 1'],
    ['blocks that are too long', 'site: {blockSize: 32761}', 'site.blockSize: must be at most 32760'],
    ["SITE commands of one's own", 'site: {command: CHMOD}', 'unknown key `command`'],
    ['pipelining in words', 'pipelining: "yes"', 'must be true or false, not text'],
    ['a keep-alive that floods', 'keepAliveMs: 50', 'must be 0 (never) or at least 1000'],
    ['a literal account', 'account: A123', 'literal secret is refused'],
  ])('%s', (_, options, message) => {
    const problems = problemsOf(file(options), ['auth_ssl', 'clear_command_channel']);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^exchange\.yaml:[89]:\d+ /);
    expect(problems[0]).toContain(message);
  });

  it.each([
    ['mode', 'mode: explicit', '`ftp` has no mode: leave it out'],
    ['tls', 'tls: {minVersion: TLSv1.3}', '`ftp` has no TLS: leave it out'],
  ])('%s on an ftp endpoint', (_, options, message) => {
    const problems = problemsOf(file(options, { protocol: 'ftp' }), ['plain_ftp']);
    expect(problems).toEqual([expect.stringContaining(message)]);
    expect(problems[0]).toContain(AT);
  });

  it('resume where the bytes are not those of the file', () => {
    const route = 'verify: {minimum: read_back}\n    resume: true';
    expect(problemsOf(file('transferType: text', { route }))).toEqual([
      expect.stringContaining('routes[0].resume: is not possible with `acme`: transferType: text'),
    ]);
    expect(problemsOf(file('transferType: binary', { route }))).toEqual([]);
  });

  it('a proof of what a text transfer made of the bytes', () => {
    const push = (verify: string) =>
      file('transferType: text', { route: verify })
        .replace('endpoint: acme, path: /out', 'endpoint: inbox, path: /out')
        .replace('endpoint: inbox, path: /in', 'endpoint: acme, path: /in');
    for (const verify of ['', 'verify: {minimum: size}', 'verify: {minimum: hash_by_server}'])
      expect(problemsOf(push(verify))).toEqual([
        expect.stringContaining('routes[0].verify.minimum: nothing proves what `acme` made of the bytes'),
      ]);
    expect(problemsOf(push('verify: {minimum: none}'))).toEqual([]);
    // What comes from there is proved at its destination.
    expect(problemsOf(file('transferType: text'))).toEqual([]);
  });

  it('what is only there to be refused is never suggested', () => {
    expect(problemsOf(file('tsl: {}', { protocol: 'ftp' }), ['plain_ftp'])).toEqual([
      'exchange.yaml:8:5 endpoints[0].tsl: unknown key `tsl`',
    ]);
  });
});

describe('a legacy policy', () => {
  const ASKING: [LegacyPolicy, string, string, { protocol?: string }][] = [
    ['plain_ftp', 'port: 2121', 'exchange.yaml:4:15 endpoints[0].protocol', { protocol: 'ftp' }],
    ['clear_data', 'tls: {dataProtection: clear}', `${AT}:27 endpoints[0].tls.dataProtection`, {}],
    [
      'clear_command_channel',
      'tls: {clearCommandChannel: true}',
      `${AT}:32 endpoints[0].tls.clearCommandChannel`,
      {},
    ],
    ['auth_tls_c', 'tls: {auth: [TLS, TLS-C]}', `${AT}:23 endpoints[0].tls.auth[1]`, {}],
    ['auth_ssl', 'tls: {auth: [SSL]}', `${AT}:18 endpoints[0].tls.auth[0]`, {}],
  ];

  it.each(ASKING)(
    '%s is refused where it is not allowed, with its place and how to allow it',
    (policy, options, place, kind) => {
      const problems = problemsOf(file(options, kind));
      expect(problems).toHaveLength(1);
      expect(problems[0]).toContain(`${place}: `);
      expect(problems[0]).toContain(
        `the legacy policy \`${policy}\`, which this installation does not allow; start every process with WAYBILL_ALLOW_LEGACY=${policy} to allow it`,
      );
    },
  );

  it.each(ASKING)('%s is taken where it is allowed', (policy, options, _, kind) => {
    expect(problemsOf(file(options, kind), [policy])).toEqual([]);
  });

  it('names those that are allowed already, so that none gets lost', () => {
    const [problem] = problemsOf(file('tls: {dataProtection: clear, auth: [SSL]}'), ['auth_ssl']);
    expect(problem).toContain('WAYBILL_ALLOW_LEGACY=auth_ssl,clear_data');
  });

  it('is told beside every other problem of the file', () => {
    const problems = problemsOf(file('tls: {dataProtection: clear}\nport: 0'));
    expect(problems).toHaveLength(2);
  });
});
