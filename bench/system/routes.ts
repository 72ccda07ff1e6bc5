import type { Bench } from './measured.ts';

/** The partner of the bench, with as many sessions as lftp gets. */
export function partnerEndpoint({ server, environment }: Bench): object {
  return {
    name: 'partner',
    protocol: 'ftps',
    partner: 'bench',
    mode: 'explicit',
    host: server.host,
    port: server.port,
    username: server.username,
    password: { env: 'BENCH_PASSWORD' },
    maxSessions: 8,
    pipelining: true,
    tls: { minVersion: 'TLSv1.3', ca: [environment['BENCH_CA']] },
  };
}

export function pullRoute(
  name: string,
  folder: string,
  select: string,
  lanes: number,
  schedule?: object,
): object {
  return {
    name,
    source: { endpoint: 'partner', path: folder, select: [select], settleMs: 0 },
    destination: { endpoint: 'disk', path: `/${name}` },
    lanes,
    ...(schedule && { schedule }),
  };
}

export function configuration(bench: Bench, home: string, routes: object[]): object {
  return {
    apiVersion: 'waybill/v1',
    partners: [{ name: 'bench' }],
    endpoints: [partnerEndpoint(bench), { name: 'disk', protocol: 'local', root: home }],
    routes,
  };
}
