import { createHash } from 'node:crypto';
import type { FtpsEndpoint, LegacyPolicy, TlsClosing, TlsNegotiation, TlsPolicy } from '#domain';
import type { RemoteSession, SessionObserver } from '#protocol';
import {
  type ClientCredential,
  type FtpsDeadlines,
  type FtpsSessionOptions,
  openFtpsSession,
} from '../src/index.ts';

export interface SessionWish {
  port: number;
  mode?: 'explicit' | 'implicit' | 'plain';
  /** Further settings of the endpoint. */
  endpoint?: Partial<FtpsEndpoint>;
  allowLegacy?: LegacyPolicy[];
  account?: string;
  proxyPassword?: string | undefined;
  checkDestination?: FtpsSessionOptions['checkDestination'];
  tls?: Partial<TlsPolicy>;
  password?: string;
  host?: string;
  clientCertificate?: ClientCredential;
  deadlines?: Partial<FtpsDeadlines>;
  signal?: AbortSignal;
}

/** Keeps what a session tells. */
export class Witness implements SessionObserver {
  readonly negotiations: TlsNegotiation[] = [];
  readonly closings: TlsClosing[] = [];
  readonly lines: string[] = [];

  negotiated(negotiation: TlsNegotiation): void {
    this.negotiations.push(negotiation);
  }

  negotiationClosed(closing: TlsClosing): void {
    this.closings.push(closing);
  }

  transcript(line: { text: string }): void {
    this.lines.push(line.text);
  }
}

export function endpointAt({
  port,
  mode = 'explicit',
  tls,
  host = '127.0.0.1',
  endpoint,
}: SessionWish): FtpsEndpoint {
  return {
    name: 'test-endpoint',
    maxSessions: 1,
    protocol: mode === 'plain' ? 'ftp' : 'ftps',
    mode,
    host,
    port,
    username: 'anna',
    password: { env: 'UNUSED' },
    tls: {
      minVersion: 'TLSv1.2',
      ca: [],
      pins: [],
      sessionReuse: 'required',
      dataProtection: 'private',
      ...tls,
    },
    passive: { addressPolicy: 'control_host' },
    encoding: 'utf8',
    ...endpoint,
  };
}

export function sessionAt(wish: SessionWish, observer: SessionObserver): Promise<RemoteSession> {
  const { password = 'hunter2-secret', signal } = wish;
  const { account, clientCertificate, proxyPassword, checkDestination, allowLegacy, deadlines } = wish;
  return openFtpsSession(
    {
      endpoint: endpointAt(wish),
      password,
      account,
      clientCertificate,
      proxyPassword,
      checkDestination,
      allowLegacy,
      deadlines,
    },
    observer,
    signal ?? new AbortController().signal,
  );
}

export function pinOf(spki: Buffer): string {
  return `sha256/${createHash('sha256').update(spki).digest('base64')}`;
}
