import { randomUUID } from 'node:crypto';
import type { Endpoint, TransferRoute } from '#domain';
import { applyConfiguration, type FirstFire, type StoredConfiguration, type Tx } from '../src/index.ts';

export function aRoute(name: string, changes: Partial<TransferRoute> = {}): TransferRoute {
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
    destination: { endpoint: 'inbox', path: '/in', name: '{name}', onExisting: 'refuse' },
    verify: { minimum: 'size' },
    afterDelivery: { source: 'keep' },
    onAmbiguous: 'hold',
    retry: { maxAttempts: 3, firstDelayMs: 100, factor: 2, maxDelayMs: 1_000, jitter: 0 },
    resume: false,
    lanes: 2,
    priority: 5,
    enabled: true,
    ...changes,
  };
}

export function sampleEndpoints(): Endpoint[] {
  return [
    {
      name: 'acme-ftps',
      partner: 'acme',
      maxSessions: 4,
      protocol: 'ftps',
      mode: 'explicit',
      host: 'ftp.acme.example',
      port: 21,
      username: 'waybill',
      password: { secret: 'acme-password' },
      tls: { minVersion: 'TLSv1.2', ca: [], pins: [], sessionReuse: 'required', dataProtection: 'private' },
      passive: { addressPolicy: 'control_host' },
      encoding: 'utf8',
    },
    { name: 'inbox', protocol: 'local', root: '/srv/inbox', maxSessions: 8 },
  ];
}

export function sampleConfiguration(routes: TransferRoute[] = [aRoute('nightly')]): StoredConfiguration {
  return { partners: [{ name: 'acme' }], endpoints: sampleEndpoints(), routes };
}

export async function applySample(
  tx: Tx,
  routes?: TransferRoute[],
  firstFire: FirstFire = () => null,
): Promise<void> {
  await applyConfiguration(tx, sampleConfiguration(routes), { firstFire });
}

/** A queued run asked for by an operator. */
export async function insertRun(tx: Tx, route: string, changes: object = {}): Promise<string> {
  const { id: routeId } = await tx.transferRoute.findUniqueOrThrow({ where: { name: route } });
  const run = await tx.run.create({
    data: { routeId, trigger: 'operator', requestedBy: 'test', ...changes },
  });
  return run.id;
}

/** A planned transfer of that run. */
export async function insertTransfer(tx: Tx, runId: string, changes: object = {}): Promise<string> {
  const { routeId } = await tx.run.findUniqueOrThrow({ where: { id: runId } });
  const transfer = await tx.transfer.create({
    data: {
      runId,
      routeId,
      sourceEndpoint: 'acme-ftps',
      sourcePath: `/out/${randomUUID()}.csv`,
      sourceSizeBytes: 10n,
      sourceModified: '20261121070000',
      destinationEndpoint: 'inbox',
      destinationPath: '/in/file.csv',
      ...changes,
    },
  });
  return transfer.id;
}

export const DELIVERED = {
  state: 'delivered',
  sha256: 'a'.repeat(64),
  sizeBytes: 10n,
  assurance: 'size',
  publishIntentAt: new Date(),
  deliveredAt: new Date(),
  finishedAt: new Date(),
} as const;

/** An accepted handshake on a control connection. */
export function negotiationColumns(changes: object = {}) {
  return {
    id: randomUUID(),
    endpoint: 'acme-ftps',
    sessionId: randomUUID(),
    channel: 'control',
    command: 'AUTH TLS',
    mode: 'explicit',
    protocol: 'TLSv1.3',
    cipher: 'TLS_AES_256_GCM_SHA384',
    resumed: false,
    peerCertificates: [],
    nameCheck: 'passed',
    pinCheck: 'not_applicable',
    chainCheck: 'passed',
    verdict: 'accepted',
    startedAt: new Date(),
    handshakeMs: 12.5,
    ...changes,
  };
}
