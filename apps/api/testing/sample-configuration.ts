import type { FtpsEndpoint, LocalEndpoint, TransferRoute } from '#domain';
import type { StoredConfiguration } from '#store';

const partnerServer: FtpsEndpoint = {
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
    ca: [],
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
};
const inbox: LocalEndpoint = { name: 'inbox', protocol: 'local', root: '/srv/inbox', maxSessions: 16 };

function route(name: string, changes: Partial<TransferRoute> = {}): TransferRoute {
  return {
    name,
    source: {
      endpoint: 'acme-ftps',
      path: '/out',
      select: ['*'],
      exclude: [],
      recursive: false,
      settleMs: 0,
    },
    destination: { endpoint: 'inbox', path: '/', name: '{name}', onExisting: 'refuse', keepModified: false },
    verify: { minimum: 'size' },
    afterDelivery: { source: 'keep' },
    onAmbiguous: 'hold',
    retry: { maxAttempts: 3, firstDelayMs: 100, factor: 2, maxDelayMs: 1_000, jitter: 0 },
    resume: false,
    lanes: 3,
    priority: 5,
    enabled: true,
    ...changes,
  };
}

/** Three routes: `nightly`, `hourly` with a schedule, `asleep` switched off. */
export const SAMPLE: StoredConfiguration = {
  partners: [{ name: 'acme' }, { name: 'other' }],
  endpoints: [partnerServer, inbox],
  routes: [
    route('nightly'),
    route('hourly', {
      schedule: {
        cron: '0 * * * *',
        timezone: 'UTC',
        onHoliday: 'skip',
        misfire: 'run_once',
        overlap: 'skip',
      },
    }),
    route('asleep', { enabled: false }),
  ],
};
