import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  issueCertificate,
  makeAuthority,
  type PartnerSim,
  type PartnerSimOptions,
  startPartnerSim,
} from '#apps/partner-sim';
import { ERROR_TABLE, type ErrorCode, type FtpsEndpoint, type TlsPolicy } from '#domain';
import { aLocalEndpoint, anEndpointAt, aRoute } from '../support/builders.ts';
import { type FinishedRun, type Product, startProduct } from '../support/product.ts';

const DAY_MS = 86_400_000;
/** What must never leave in clear. */
const password = `pw-${randomBytes(12).toString('hex')}`;
const content = `content-${randomBytes(12).toString('hex')}`;

let product: Product;
let sim: PartnerSim | undefined;

beforeEach(async () => {
  product = await startProduct({ secrets: { PARTNER_PASSWORD: password } });
  for (const folder of ['partner/out', 'partner/in', 'local/inbox', 'local/outbox'])
    await mkdir(join(product.home, folder), { recursive: true });
  await writeFile(join(product.home, 'partner/out/a.csv'), content);
  await writeFile(join(product.home, 'local/outbox/a.csv'), content);
});

afterEach(async () => {
  await product.close();
  await sim?.close();
  sim = undefined;
});

/** What is refused once is refused again; how often it is tried is told elsewhere. */
const ONE_TRY = { retry: { maxAttempts: 1, firstDelayMs: 100, factor: 1, maxDelayMs: 100, jitter: 0 } };

interface Situation {
  sim?: Partial<PartnerSimOptions>;
  endpoint?: Partial<Omit<FtpsEndpoint, 'tls'>>;
  tls?: Partial<TlsPolicy>;
  pull?: { path: string };
}

async function runBoth(route: 'pull' | 'push', situation: Situation): Promise<FinishedRun> {
  sim = await startPartnerSim({
    root: join(product.home, 'partner'),
    username: 'waybill',
    password,
    ...situation.sim,
  });
  const partner = anEndpointAt(sim, { ...situation.endpoint, tls: situation.tls });
  await product.apply(
    [partner, aLocalEndpoint('local', join(product.home, 'local'))],
    [
      aRoute(
        'pull',
        { endpoint: 'partner', path: situation.pull?.path ?? '/out' },
        { endpoint: 'local', path: '/inbox' },
        ONE_TRY,
      ),
      aRoute('push', { endpoint: 'local', path: '/outbox' }, { endpoint: 'partner', path: '/in' }, ONE_TRY),
    ],
  );
  return product.run(route);
}

/** A failed run says why at the run (nothing could be listed) or at its transfer. */
function codeOf(run: FinishedRun): string | null {
  return run.errorCode ?? run.transfers[0]?.errorCode ?? null;
}

async function expectRefusal(run: FinishedRun, code: ErrorCode): Promise<void> {
  expect(run.state).toBe('failed');
  expect(codeOf(run)).toBe(code);
  expect(ERROR_TABLE[code].sentence.length).toBeGreaterThan(20);
  const events = await product.store.db.auditEvent.findMany({ where: { runId: run.id } });
  expect(events.map((event) => (event.details as { code?: string }).code)).toContain(code);
  expectNothingInClear();
}

function expectNothingInClear(): void {
  const clear = sim?.clearBytes().toString('latin1') ?? '';
  expect(clear).not.toContain(password);
  expect(clear).not.toContain(content);
}

const authority = makeAuthority({ commonName: 'Authority nobody trusts' });
const identity = (wanted: Partial<Parameters<typeof issueCertificate>[1]>) => {
  const own = makeAuthority({ commonName: 'Authority' });
  return {
    ...issueCertificate(own, { commonName: 'localhost', dnsNames: ['localhost'], ...wanted }),
    caPem: own.certificatePem,
  };
};

const SITUATIONS: [string, ErrorCode, Situation][] = [
  ['wrong password', 'auth_rejected', { sim: { password: 'another' } }],
  ['unknown authority', 'tls_untrusted_certificate', { tls: { ca: [authority.certificatePem] } }],
  [
    'wrong host name',
    'tls_name_mismatch',
    { sim: { identity: identity({ dnsNames: ['elsewhere.example'] }) } },
  ],
  [
    'expired certificate',
    'tls_certificate_expired',
    {
      sim: {
        identity: identity({
          notBefore: new Date(Date.now() - 60 * DAY_MS),
          notAfter: new Date(Date.now() - DAY_MS),
        }),
      },
    },
  ],
  [
    'certificate not yet valid',
    'tls_certificate_expired',
    { sim: { identity: identity({ notBefore: new Date(Date.now() + DAY_MS) }) } },
  ],
  ['wrong pin', 'tls_pin_mismatch', { tls: { pins: [`sha256/${randomBytes(32).toString('base64')}`] } }],
  ['AUTH TLS refused', 'tls_not_offered', { sim: { faults: { authTls: 'refuse' } } }],
  ['PROT P refused', 'tls_private_data_refused', { sim: { faults: { prot: 'refuse' } } }],
  ['clear data connection', 'tls_data_channel_refused', { sim: { faults: { dataChannel: 'clear' } } }],
  ['too many sessions', 'server_busy', { sim: { faults: { loginReply: '421 Too many sessions.' } } }],
  ['another service on the port', 'protocol_violation', { sim: { faults: { banner: 'http' } } }],
];

describe.each(['pull', 'push'] as const)('a %s', (route) => {
  it.each(SITUATIONS)('over %s ends as %s, audited, with nothing in clear', async (_, code, situation) => {
    const run = await runBoth(route, situation);
    await expectRefusal(run, code);
    expect(await readdir(join(product.home, 'local/inbox'))).toEqual([]);
    // A leftover is removed over a new session after the failure is on record.
    await expect.poll(() => readdir(join(product.home, 'partner/in')), { timeout: 10_000 }).toEqual([]);
    if (!code.startsWith('tls_') || ['tls_not_offered', 'tls_private_data_refused'].includes(code)) return;
    const refused = await product.store.db.tlsNegotiation.findMany({
      where: { runId: run.id, verdict: 'refused' },
    });
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.every((row) => row.error === code)).toBe(true);
  });

  it('to a port where nobody listens ends as connect_refused', async () => {
    const probe = createServer();
    probe.listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address() as { port: number };
    probe.close();
    await once(probe, 'close');
    await expectRefusal(await runBoth(route, { endpoint: { port } }), 'connect_refused');
  });

  it('to a host name that does not exist ends as dns_not_found', async () => {
    await expectRefusal(
      await runBoth(route, { endpoint: { host: 'no-such-host.invalid' } }),
      'dns_not_found',
    );
  });
});

it('to an address that the egress policy refuses ends as egress_refused, at the first try', async () => {
  // Where cloud machines find their credentials; a name or another spelling leads to the same place.
  for (const host of ['169.254.169.254', '::ffff:169.254.169.254', '0xa9fea9fe', '2852039166']) {
    const run = await runBoth('pull', { endpoint: { host } });
    await expectRefusal(run, 'egress_refused');
    expect(run.errorDetail).toContain('metadata service');
    await sim?.close();
  }
  sim = undefined;
});

it('a missing remote folder ends as path_not_found', async () => {
  await expectRefusal(await runBoth('pull', { pull: { path: '/nowhere' } }), 'path_not_found');
});

it('no permission to write ends as permission_denied', async () => {
  await expectRefusal(await runBoth('push', { sim: { readOnly: true } }), 'permission_denied');
});

it('an existing destination ends as destination_exists, and is not touched', async () => {
  await writeFile(join(product.home, 'partner/in/a.csv'), 'theirs');
  await expectRefusal(await runBoth('push', {}), 'destination_exists');
  expect((await readFile(join(product.home, 'partner/in/a.csv'))).toString()).toBe('theirs');
});

it('a full disk at the partner ends as disk_full, leaves nothing and does not touch the source', async () => {
  await writeFile(join(product.home, 'local/outbox/a.csv'), randomBytes(300_000));
  await expectRefusal(
    await runBoth('push', { sim: { faults: { diskFullAfterBytes: 100_000 } } }),
    'disk_full',
  );
  expect(await readdir(join(product.home, 'partner/in'))).toEqual([]);
  expect(await readdir(join(product.home, 'local/outbox'))).toEqual(['a.csv']);
});

it.each([
  ['cut short and confirmed', 'size_mismatch', { truncateDownloadAfterBytes: 10 }],
  ['of another size than stated', 'size_mismatch', { lieAboutSizeBy: 7 }],
] as const)('a download %s is never delivered', async (_, code, faults) => {
  const run = await runBoth('pull', { sim: { faults } });
  expect([run.state, codeOf(run)]).toEqual(['failed', code]);
  expect(await readdir(join(product.home, 'local/inbox'))).toEqual([]);
});

it('two hundred files and a wrong password cost the account two logins, not two hundred', async () => {
  for (let index = 0; index < 200; index++)
    await writeFile(join(product.home, `local/outbox/file-${index}`), 'x');
  const run = await runBoth('push', { sim: { password: 'another' } });
  expect(new Set(run.transfers.map((transfer) => transfer.errorCode))).toEqual(new Set(['auth_rejected']));
  expect(sim!.handshakes.length).toBeLessThanOrEqual(2);
});
