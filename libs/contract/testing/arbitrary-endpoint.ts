import fc from 'fast-check';
import type { FtpsEndpoint, SecretRef, TlsPolicy } from '#domain';

const PEM = '-----BEGIN CERTIFICATE-----\nTUlJQg==\n-----END CERTIFICATE-----\n';
export const text = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
  .filter((value) => !/[\0-\x1f\x7f]/.test(value));
const reference = fc.constantFrom<SecretRef>(
  { secret: 'a' },
  { env: 'A' },
  { file: '/run/a' },
  { cleared: true },
);
const sometimes = <T>(made: fc.Arbitrary<T>) => fc.option(made, { nil: undefined });

const clientCertificate = fc.oneof(
  fc.record({ cert: fc.constant(PEM), key: reference, passphrase: sometimes(reference) }),
  fc.record({ pkcs12: reference, passphrase: sometimes(reference) }),
);

const tls = fc.record({
  minVersion: fc.constant('TLSv1.2' as const),
  maxVersion: fc.constantFrom(undefined, 'TLSv1.2' as const, 'TLSv1.3' as const),
  ca: fc.constantFrom<string[]>([], [PEM], [PEM, PEM]),
  pins: fc.constantFrom<string[]>(
    [],
    [`sha256/${'A'.repeat(43)}=`],
    [`sha256/${'A'.repeat(43)}=`, `sha256/${'B'.repeat(42)}A=`],
  ),
  serverName: fc.constantFrom(undefined, 'ftp.acme.example'),
  clientCertificate: sometimes(clientCertificate),
  sessionReuse: fc.constantFrom('required' as const, 'preferred' as const, 'off' as const),
  dataProtection: fc.constantFrom('private' as const, 'clear' as const),
  auth: fc.shuffledSubarray(['TLS', 'TLS-C', 'SSL'] as const, { minLength: 1 }).map((words) => [...words]),
  clearCommandChannel: fc.boolean(),
  closeNotify: fc.constantFrom('required' as const, 'waived' as const),
});

export const WITHOUT_TLS: TlsPolicy = {
  minVersion: 'TLSv1.2',
  ca: [],
  pins: [],
  sessionReuse: 'off',
  dataProtection: 'clear',
};

const security = fc.oneof(
  fc.record({ protocol: fc.constant('ftps' as const), mode: fc.constant('explicit' as const), tls }),
  fc.record({
    protocol: fc.constant('ftps' as const),
    mode: fc.constant('implicit' as const),
    tls: tls.map((policy) => ({ ...policy, auth: ['TLS' as const], clearCommandChannel: false })),
  }),
  fc.constant({ protocol: 'ftp' as const, mode: 'plain' as const, tls: WITHOUT_TLS }),
);

const dataWay = fc.oneof(
  fc.record({
    passive: fc.oneof(
      fc.record({
        addressPolicy: fc.constant('control_host' as const),
        command: fc.constantFrom('auto' as const, 'epsv' as const, 'pasv' as const),
      }),
      fc.record({
        addressPolicy: fc.constant('advertised' as const),
        advertisedNetworks: fc.constantFrom<string[] | undefined>(undefined, ['10.0.0.0/8', '2001:db8::/32']),
        command: fc.constant('auto' as const),
      }),
    ),
    proxy: sometimes(
      fc.record({
        kind: fc.constantFrom('socks5' as const, 'http_connect' as const),
        host: fc.constant('proxy.example'),
        port: fc.constant(1080),
        username: fc.constant('us'),
        password: sometimes(reference),
      }),
    ),
  }),
  fc.record({
    passive: fc.constant({ addressPolicy: 'control_host' as const, command: 'auto' as const }),
    active: fc.record({
      firstPort: fc.integer({ min: 1_024, max: 50_000 }),
      lastPort: fc.integer({ min: 50_000, max: 65_535 }),
      address: fc.constantFrom(undefined, '192.0.2.7', '2001:db8::7'),
    }),
  }),
);

export const server = fc.record({
  name: fc.constant('partner'),
  partner: fc.constant('acme'),
  host: fc.constantFrom('ftp.acme.example', '10.1.2.3', '::1'),
  port: fc.integer({ min: 1, max: 65_535 }),
  username: text,
  password: reference,
  account: sometimes(reference),
  maxSessions: fc.integer({ min: 1, max: 100 }),
  encoding: fc.constantFrom('utf8', 'latin1', 'cp437', 'ISO-8859-15'),
  virtualHost: fc.constantFrom(undefined, 'acme.example'),
  transferType: fc.constantFrom('binary' as const, 'text' as const),
  site: sometimes(
    fc.record({
      recordFormat: fc.constantFrom(undefined, 'FB' as const, 'VB' as const),
      recordLength: fc.constantFrom(undefined, 1, 32_760),
      blockSize: fc.constantFrom(undefined, 0, 27_920),
      fileType: fc.constantFrom(undefined, 'SEQ' as const, 'JES' as const),
    }),
  ),
  pipelining: fc.boolean(),
  keepAliveMs: fc.constantFrom(0, 1_000, 30_000),
});

/** A server of a partner with any options there are together. */
export const partnerServer: fc.Arbitrary<FtpsEndpoint> = fc
  .tuple(server, security, dataWay)
  .map(([of, secured, way]) => ({ ...of, ...secured, ...way }));
