/** Where a secret's value is kept; a literal value is never part of an endpoint. */
export type SecretRef = { secret: string } | { env: string } | { file: string };

export type TlsVersion = 'TLSv1.2' | 'TLSv1.3';

/** How a partner's server proves who it is, and what we accept of it. */
export interface TlsPolicy {
  minVersion: TlsVersion;
  maxVersion?: TlsVersion | undefined;
  /** PEM text of trusted authorities; empty means the system roots. */
  ca: string[];
  /** `sha256/BASE64` of acceptable public keys (SPKI); empty means no pin. */
  pins: string[];
  /** The name sent as SNI and checked in the certificate; default: the endpoint's host. */
  serverName?: string | undefined;
  clientCertificate?: { cert: string; key: SecretRef } | undefined;
  sessionReuse: 'required' | 'preferred' | 'off';
  dataProtection: 'private' | 'clear';
}

interface EndpointIdentity {
  name: string;
  /** Absent for our own directories. */
  partner?: string | undefined;
  /** Sessions that all workers together may hold open on this endpoint. */
  maxSessions: number;
}

export interface FtpsEndpoint extends EndpointIdentity {
  protocol: 'ftps';
  mode: 'explicit' | 'implicit';
  host: string;
  port: number;
  username: string;
  password: SecretRef;
  tls: TlsPolicy;
  passive: { addressPolicy: 'control_host' | 'advertised' };
  encoding: 'utf8' | 'latin1';
}

export interface LocalEndpoint extends EndpointIdentity {
  protocol: 'local';
  /** Absolute directory; nothing outside it is ever read or written. */
  root: string;
}

/** One place to read from or write to. */
export type Endpoint = FtpsEndpoint | LocalEndpoint;
export type Protocol = Endpoint['protocol'];
