import type { PartnerSim } from '#apps/partner-sim';
import type { FtpsEndpoint, LocalEndpoint, TlsPolicy, TransferRoute } from '#domain';

/** A partner's FTPS endpoint with the defaults of the configuration file. */
export function anFtpsEndpoint(
  wanted: Pick<FtpsEndpoint, 'name' | 'host' | 'port' | 'username' | 'mode'> &
    Partial<Omit<FtpsEndpoint, 'tls'>> & { tls?: Partial<TlsPolicy> },
): FtpsEndpoint {
  return {
    partner: 'acme',
    protocol: 'ftps',
    password: { env: 'PARTNER_PASSWORD' },
    passive: { addressPolicy: 'control_host' },
    maxSessions: 4,
    encoding: 'utf8',
    ...wanted,
    tls: {
      minVersion: 'TLSv1.2',
      ca: [],
      pins: [],
      sessionReuse: 'required',
      dataProtection: 'private',
      ...wanted.tls,
    },
  };
}

/** The endpoint `partner`, or as it is wanted, that leads to this server. */
export function anEndpointAt(
  sim: PartnerSim,
  { tls, ...wanted }: Partial<Omit<FtpsEndpoint, 'tls'>> & { tls?: Partial<TlsPolicy> | undefined } = {},
): FtpsEndpoint {
  return anFtpsEndpoint({
    name: 'partner',
    host: 'localhost',
    port: wanted.mode === 'implicit' ? sim.implicitPort : sim.explicitPort,
    mode: 'explicit',
    username: 'waybill',
    ...wanted,
    tls: { ca: [sim.caPem], ...tls },
  });
}

export function aLocalEndpoint(name: string, root: string): LocalEndpoint {
  return { name, protocol: 'local', root, maxSessions: 16 };
}

/** A route with the defaults of the configuration file; retries come quickly. */
export function aRoute(
  name: string,
  from: { endpoint: string; path: string },
  to: { endpoint: string; path: string },
  changes: Partial<Omit<TransferRoute, 'name' | 'source' | 'destination'>> & {
    source?: Partial<TransferRoute['source']>;
    destination?: Partial<TransferRoute['destination']>;
  } = {},
): TransferRoute {
  const { source, destination, ...rest } = changes;
  return {
    name,
    source: { ...from, select: ['*'], exclude: [], recursive: false, settleMs: 0, ...source },
    destination: { ...to, name: '{name}', onExisting: 'refuse', ...destination },
    verify: { minimum: 'size' },
    afterDelivery: { source: 'keep' },
    onAmbiguous: 'hold',
    retry: { maxAttempts: 3, firstDelayMs: 100, factor: 2, maxDelayMs: 1_000, jitter: 0 },
    resume: false,
    lanes: 4,
    priority: 5,
    enabled: true,
    ...rest,
  };
}
