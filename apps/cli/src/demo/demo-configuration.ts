import { join } from 'node:path';
import type { PartnerSim } from '#apps/partner-sim';

/** Under which name the demo partner's password is kept in the secret store. */
export const DEMO_SECRET = 'demo-partner-password';
export const DEMO_ROUTES = ['demo-pull', 'demo-push'] as const;

export function demoFolders(home: string) {
  return { inbox: join(home, 'demo/inbox'), outbox: join(home, 'demo/outbox') };
}

/** The demo is a configuration like any other, applied by the same way; JSON is YAML. */
export function demoConfiguration(
  home: string,
  partner: Pick<PartnerSim, 'host' | 'explicitPort' | 'implicitPort' | 'caPem'>,
): string {
  const folders = demoFolders(home);
  const server = {
    partner: 'demo-partner',
    protocol: 'ftps',
    host: partner.host,
    username: 'waybill',
    password: { secret: DEMO_SECRET },
    // Its own authority and no other.
    tls: { ca: [partner.caPem], sessionReuse: 'required' },
  };
  const everyMinute = { cron: '* * * * *', timezone: 'UTC', misfire: 'run_once', overlap: 'skip' };
  return JSON.stringify({
    apiVersion: 'waybill/v1',
    partners: [{ name: 'demo-partner' }],
    endpoints: [
      { name: 'demo-partner-ftps', mode: 'explicit', port: partner.explicitPort, ...server },
      { name: 'demo-partner-ftps-implicit', mode: 'implicit', port: partner.implicitPort, ...server },
      { name: 'demo-inbox', protocol: 'local', root: folders.inbox },
      { name: 'demo-outbox', protocol: 'local', root: folders.outbox },
    ],
    routes: [
      {
        name: 'demo-pull',
        source: { endpoint: 'demo-partner-ftps', path: '/out', select: ['*.csv'], settleMs: 0 },
        destination: { endpoint: 'demo-inbox', path: '/' },
        afterDelivery: { source: 'archive', to: '/out/done' },
        schedule: everyMinute,
      },
      {
        name: 'demo-push',
        source: { endpoint: 'demo-outbox', path: '/', select: ['*.csv'], settleMs: 0 },
        destination: { endpoint: 'demo-partner-ftps-implicit', path: '/in' },
        afterDelivery: { source: 'archive', to: '/sent' },
        schedule: everyMinute,
      },
    ],
  });
}
