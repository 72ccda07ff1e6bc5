import { z } from 'zod';
import { absolutePath, host, line, nameSchema, referenceSchema, text } from './schema-parts.ts';
import { addressProblem, networkProblem, portRangeProblem } from './values.ts';

/** A pin names the SHA-256 of a public key: 32 bytes in base64. */
const pin = z
  .string()
  .regex(/^sha256\/[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/, 'a pin is sha256/ and 44 characters of base64');

const tlsVersion = z.enum(['TLSv1.2', 'TLSv1.3']);
const port = z.int().min(1).max(65_535);

/** PEM (`cert`, `key`) or PKCS#12: one mapping, so that a wrong key in it is told by name. */
const clientCertificateSchema = z
  .strictObject({
    cert: z.string().optional(),
    key: referenceSchema.optional(),
    pkcs12: referenceSchema.optional(),
    passphrase: referenceSchema.optional(),
  })
  .check(({ value, issues }) => {
    const say = (path: string[], message: string) =>
      issues.push({ code: 'custom', path, message, input: undefined, continue: true });
    const pem = value.cert !== undefined || value.key !== undefined;
    if (pem && value.pkcs12 !== undefined) say(['pkcs12'], 'either cert and key, or pkcs12: not both');
    else if (!pem && value.pkcs12 === undefined) say([], 'needs cert and key, or pkcs12');
    else if (pem && value.cert === undefined) say(['cert'], 'is missing: the certificate of `key`');
    else if (pem && value.key === undefined) say(['key'], 'is missing: the key of `cert`');
  });

export const tlsSchema = z
  .strictObject({
    minVersion: tlsVersion.default('TLSv1.2'),
    maxVersion: tlsVersion.optional(),
    ca: z.array(z.string()).default([]),
    pins: z.array(pin).default([]),
    serverName: host.optional(),
    clientCertificate: clientCertificateSchema.optional(),
    sessionReuse: z.enum(['required', 'preferred', 'off']).default('required'),
    dataProtection: z.enum(['private', 'clear']).default('private'),
    auth: z
      .array(z.enum(['TLS', 'TLS-C', 'SSL']))
      .min(1)
      .refine((words) => new Set(words).size === words.length, 'each word of AUTH is tried once')
      .default(['TLS']),
    clearCommandChannel: z.boolean().default(false),
    closeNotify: z.enum(['required', 'waived']).default('required'),
  })
  .refine((tls) => tls.maxVersion !== 'TLSv1.2' || tls.minVersion === 'TLSv1.2', {
    message: 'must not be older than minVersion',
    path: ['maxVersion'],
  });

const passiveSchema = z
  .strictObject({
    addressPolicy: z.enum(['control_host', 'advertised']).default('control_host'),
    advertisedNetworks: z.array(text(networkProblem)).min(1).optional(),
    command: z.enum(['auto', 'epsv', 'pasv']).default('auto'),
  })
  .refine((passive) => passive.advertisedNetworks === undefined || passive.addressPolicy === 'advertised', {
    message: 'means something only with addressPolicy: advertised',
    path: ['advertisedNetworks'],
  });

const activeSchema = z.strictObject({
  ports: text(portRangeProblem),
  address: text(addressProblem).optional(),
});

const proxySchema = z
  .strictObject({
    kind: z.enum(['socks5', 'http_connect']),
    host,
    port,
    username: line.optional(),
    password: referenceSchema.optional(),
  })
  .refine((proxy) => proxy.password === undefined || proxy.username !== undefined, {
    message: 'needs the username as well',
    path: ['password'],
  });

const siteSchema = z.strictObject({
  recordFormat: z.enum(['F', 'FB', 'V', 'VB', 'U']).optional(),
  recordLength: z.int().min(1).max(32_760).optional(),
  // 0 lets z/OS choose.
  blockSize: z.int().min(0).max(32_760).optional(),
  fileType: z.enum(['SEQ', 'JES']).optional(),
});

const maxSessions = z.int().min(1).max(1_000);

/** More often would be an attack, not a sign of life. */
const keepAliveMs = z
  .int()
  .min(0)
  .max(600_000)
  .refine((value) => value === 0 || value >= 1_000, 'must be 0 (never) or at least 1000');

/** What a partner's server has with and without TLS; `port` has a default of its own for each mode. */
const serverShape = {
  name: nameSchema,
  partner: nameSchema.optional(),
  host,
  port: port.optional(),
  username: line,
  password: referenceSchema,
  account: referenceSchema.optional(),
  passive: passiveSchema.prefault({}),
  active: activeSchema.optional(),
  proxy: proxySchema.optional(),
  maxSessions: maxSessions.default(4),
  /** Judged by `parseConfiguration`, with the caller's rule. */
  encoding: z.string().default('utf8'),
  virtualHost: host.optional(),
  transferType: z.enum(['binary', 'text']).default('binary'),
  site: siteSchema.optional(),
  pipelining: z.boolean().default(false),
  keepAliveMs: keepAliveMs.default(30_000),
};

const absent = (message: string) => z.never({ error: message }).optional();

export const ftpsEntrySchema = z
  .strictObject({
    ...serverShape,
    protocol: z.literal('ftps'),
    mode: z.enum(['explicit', 'implicit']).default('explicit'),
    tls: tlsSchema.prefault({}),
  })
  .check(({ value, issues }) => {
    const say = (path: string[], message: string) =>
      issues.push({ code: 'custom', path, message, input: undefined, continue: true });
    sayDataWays(value, say);
    if (value.mode === 'explicit') return;
    if (value.tls.auth.join() !== 'TLS')
      say(['tls', 'auth'], 'means something only with mode: explicit; implicit TLS begins without AUTH');
    if (value.tls.clearCommandChannel)
      say(['tls', 'clearCommandChannel'], 'is possible only with mode: explicit');
  });

/** The legacy policy `plain_ftp`: nothing of TLS may be set, or somebody would believe it. */
export const ftpEntrySchema = z
  .strictObject({
    ...serverShape,
    protocol: z.literal('ftp'),
    mode: absent('`ftp` has no mode: leave it out, or use protocol: ftps'),
    tls: absent('`ftp` has no TLS: leave it out, or use protocol: ftps'),
  })
  .check(({ value, issues }) =>
    sayDataWays(value, (path, message) =>
      issues.push({ code: 'custom', path, message, input: undefined, continue: true }),
    ),
  );

/** Whoever connects: options of the other way are a misunderstanding. */
function sayDataWays(
  { active, passive, proxy }: Pick<z.infer<typeof ftpsEntrySchema>, 'active' | 'passive' | 'proxy'>,
  say: (path: string[], message: string) => void,
): void {
  if (!active) return;
  if (passive.addressPolicy !== 'control_host' || passive.command !== 'auto')
    say(['passive'], 'means nothing with `active`: the server connects to us; leave one of them out');
  if (proxy) say(['active'], 'is not possible with `proxy`: no server can connect to us through it');
}

/** Our own directories bear more at once than a partner's server: lanes of many routes meet there. */
export const localEntrySchema = z.strictObject({
  name: nameSchema,
  partner: nameSchema.optional(),
  protocol: z.literal('local'),
  root: absolutePath,
  maxSessions: maxSessions.default(16),
});

export const endpointEntrySchema = z.discriminatedUnion('protocol', [
  ftpsEntrySchema,
  ftpEntrySchema,
  localEntrySchema,
]);

export type EndpointEntry = z.infer<typeof endpointEntrySchema>;
