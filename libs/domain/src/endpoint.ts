/** Where a secret's value is kept; a literal value is never part of an endpoint. */
export type SecretRef =
  | { secret: string }
  | { env: string }
  | { file: string }
  /** There was one, until the endpoint was made to point somewhere else: nobody logs in before it is given anew. */
  | { cleared: true };

export type TlsVersion = 'TLSv1.2' | 'TLSv1.3';

/** What we show a server that asks for our certificate. */
export type ClientCertificate =
  /** PEM; the key may be encrypted with `passphrase`. */
  | { cert: string; key: SecretRef; passphrase?: SecretRef | undefined }
  /** PKCS#12 with certificate and key, as bytes (`file`) or in base64 (`secret`, `env`). */
  | { pkcs12: SecretRef; passphrase?: SecretRef | undefined };

/** How a partner's server proves who it is, and what we accept of it. */
export interface TlsPolicy {
  minVersion: TlsVersion;
  maxVersion?: TlsVersion | undefined;
  /** PEM text of trusted authorities; empty means the system roots. */
  ca: string[];
  /** `sha256/BASE64` of acceptable public keys (SPKI), the next one staged among them; empty means no pin. */
  pins: string[];
  /** The name sent as SNI and checked in the certificate; default: the endpoint's host. */
  serverName?: string | undefined;
  clientCertificate?: ClientCertificate | undefined;
  sessionReuse: 'required' | 'preferred' | 'off';
  /** `clear` is the legacy policy `clear_data`. */
  dataProtection: 'private' | 'clear';
  /** AUTH arguments tried in this order; default `TLS` alone. The others are legacy policies. */
  auth?: ('TLS' | 'TLS-C' | 'SSL')[] | undefined;
  /** Legacy policy `clear_command_channel`: CCC after login, for NAT devices that read PASV replies. */
  clearCommandChannel?: boolean | undefined;
  /**
   * `required` (default): a listing without close_notify is truncated. `waived`: accepted on 226 alone, said in the
   * transcript; a file still needs SIZE or a hash.
   */
  closeNotify?: 'required' | 'waived' | undefined;
}

export interface PassivePolicy {
  /** `advertised`: the address in the PASV reply is dialled, if it is in `advertisedNetworks`. */
  addressPolicy: 'control_host' | 'advertised';
  /** CIDR networks an advertised address may be in; absent: any unicast address but loopback and link-local. */
  advertisedNetworks?: string[] | undefined;
  /** `auto` (default): EPSV, then PASV where EPSV is refused or its port cannot be reached. */
  command?: 'auto' | 'epsv' | 'pasv' | undefined;
}

/** Opt-in: the server connects to us. */
export interface ActivePolicy {
  firstPort: number;
  lastPort: number;
  /** What PORT/EPRT states; default: our address on the control connection. */
  address?: string | undefined;
}

export interface ProxyPolicy {
  kind: 'socks5' | 'http_connect';
  host: string;
  port: number;
  username?: string | undefined;
  password?: SecretRef | undefined;
}

/** The closed list of SITE settings of z/OS, sent before an upload. */
export interface MvsAllocation {
  recordFormat?: 'F' | 'FB' | 'V' | 'VB' | 'U' | undefined;
  recordLength?: number | undefined;
  blockSize?: number | undefined;
  fileType?: 'SEQ' | 'JES' | undefined;
}

interface EndpointIdentity {
  name: string;
  /** Absent for our own directories. */
  partner?: string | undefined;
  /** Sessions that all workers together may hold open on this endpoint. */
  maxSessions: number;
}

export interface FtpsEndpoint extends EndpointIdentity {
  /** `ftp`, with mode `plain`, is the legacy policy `plain_ftp`. */
  protocol: 'ftps' | 'ftp';
  mode: 'explicit' | 'implicit' | 'plain';
  host: string;
  port: number;
  username: string;
  password: SecretRef;
  /** ACCT, for servers that answer 332. */
  account?: SecretRef | undefined;
  tls: TlsPolicy;
  passive: PassivePolicy;
  active?: ActivePolicy | undefined;
  proxy?: ProxyPolicy | undefined;
  /** `utf8`, or another encoding by its name (`latin1`, `cp1252`, `cp437`, ...). */
  encoding: string;
  /** HOST (RFC 7151), for servers with several sites on one address. */
  virtualHost?: string | undefined;
  /** `text` is TYPE A: sizes, hashes and resume mean nothing then. Default `binary`. */
  transferType?: 'binary' | 'text' | undefined;
  site?: MvsAllocation | undefined;
  /** Commands of the next file sent before the last one is confirmed. Default: off, until the doctor saw it work. */
  pipelining?: boolean | undefined;
  /** An idle session sends NOOP this often, never during a transfer; 0 is never. Default 30,000. */
  keepAliveMs?: number | undefined;
}

export interface LocalEndpoint extends EndpointIdentity {
  protocol: 'local';
  /** Absolute directory; nothing outside it is ever read or written. */
  root: string;
}

/** One place to read from or write to. */
export type Endpoint = FtpsEndpoint | LocalEndpoint;
export type Protocol = Endpoint['protocol'];

/** Ways of an older time. An installation allows each by name, and every record shows it. */
export const LEGACY_POLICIES = [
  'plain_ftp',
  'clear_data',
  'clear_command_channel',
  'auth_tls_c',
  'auth_ssl',
] as const;
export type LegacyPolicy = (typeof LEGACY_POLICIES)[number];

/** The legacy policies an endpoint asks for. */
export function legacyPoliciesOf(endpoint: Endpoint): LegacyPolicy[] {
  if (endpoint.protocol === 'local') return [];
  const { tls } = endpoint;
  if (endpoint.protocol === 'ftp') return ['plain_ftp'];
  const asked: Record<Exclude<LegacyPolicy, 'plain_ftp'>, boolean> = {
    clear_data: tls.dataProtection === 'clear',
    clear_command_channel: tls.clearCommandChannel === true,
    auth_tls_c: tls.auth?.includes('TLS-C') ?? false,
    auth_ssl: tls.auth?.includes('SSL') ?? false,
  };
  return LEGACY_POLICIES.filter((policy) => policy !== 'plain_ftp' && asked[policy]);
}
