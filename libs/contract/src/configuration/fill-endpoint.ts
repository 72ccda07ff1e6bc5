import type { ActivePolicy, ClientCertificate, Endpoint, FtpsEndpoint, SecretRef, TlsPolicy } from '#domain';
import type { EndpointEntry } from './endpoint-schemas.ts';
import type { ReferenceEntry } from './schema-parts.ts';
import { canonicalEncoding, readPortRange } from './values.ts';

type ServerEntry = Exclude<EndpointEntry, { protocol: 'local' }>;
type TlsEntry = Extract<EndpointEntry, { protocol: 'ftps' }>['tls'];

/** The legacy policy `plain_ftp` says that nothing of this is in force. */
const NO_TLS: TlsPolicy = {
  minVersion: 'TLSv1.2',
  ca: [],
  pins: [],
  sessionReuse: 'off',
  dataProtection: 'clear',
};

/** The domain's Endpoint, with the defaults that depend on other fields. */
export function fillEndpoint(entry: EndpointEntry): Endpoint {
  if (entry.protocol === 'local') return entry;
  if (entry.protocol === 'ftp') {
    const { mode: _, tls: __, ...server } = fillServer(entry);
    return { ...server, mode: 'plain', port: entry.port ?? 21, tls: NO_TLS };
  }
  const port = entry.port ?? (entry.mode === 'explicit' ? 21 : 990);
  return { ...fillServer(entry), port, tls: fillTls(entry.tls) };
}

function fillServer<Entry extends ServerEntry>(entry: Entry) {
  const { password, account, active, proxy, ...rest } = entry;
  return {
    ...rest,
    encoding: canonicalEncoding(rest.encoding),
    password: asReference(password),
    ...(account && { account: asReference(account) }),
    ...(active && { active: fillActive(active) }),
    ...(proxy && { proxy: fillProxy(proxy) }),
  };
}

function fillActive({ ports, address }: NonNullable<ServerEntry['active']>): ActivePolicy {
  return { ...readPortRange(ports)!, ...(address !== undefined && { address }) };
}

function fillProxy(entry: NonNullable<ServerEntry['proxy']>): NonNullable<FtpsEndpoint['proxy']> {
  const { password, ...proxy } = entry;
  return { ...proxy, ...(password && { password: asReference(password) }) };
}

function fillTls({ clientCertificate, ...tls }: TlsEntry): TlsPolicy {
  return { ...tls, ...(clientCertificate && { clientCertificate: fillCertificate(clientCertificate) }) };
}

function fillCertificate(entry: NonNullable<TlsEntry['clientCertificate']>): ClientCertificate {
  const passphrase = entry.passphrase && { passphrase: asReference(entry.passphrase) };
  if (entry.pkcs12) return { pkcs12: asReference(entry.pkcs12), ...passphrase };
  return { cert: entry.cert!, key: asReference(entry.key!), ...passphrase };
}

function asReference(ref: ReferenceEntry): SecretRef {
  if (ref.secret !== undefined) return { secret: ref.secret };
  if (ref.env !== undefined) return { env: ref.env };
  return ref.file !== undefined ? { file: ref.file } : { cleared: true };
}

/** The other way round: as the file, REST and `export` show an endpoint. */
export function endpointEntry(endpoint: Endpoint): EndpointObject {
  if (endpoint.protocol === 'local') return endpoint;
  const { protocol, mode, tls, active, ...rest } = endpoint;
  const server = { ...rest, ...(active && { active: activeEntry(active) }) };
  if (protocol === 'ftp' || mode === 'plain') return { ...server, protocol: 'ftp' };
  return { ...server, protocol, mode, tls };
}

function activeEntry({ firstPort, lastPort, address }: ActivePolicy) {
  return { ports: `${firstPort}-${lastPort}`, ...(address !== undefined && { address }) };
}

type Server = Omit<FtpsEndpoint, 'protocol' | 'mode' | 'tls' | 'active'> & {
  active?: { ports: string; address?: string } | undefined;
};
/** An endpoint with the names of the file. */
export type EndpointObject =
  | (Server & { protocol: 'ftps'; mode: 'explicit' | 'implicit'; tls: TlsPolicy })
  | (Server & { protocol: 'ftp' })
  | Extract<Endpoint, { protocol: 'local' }>;
