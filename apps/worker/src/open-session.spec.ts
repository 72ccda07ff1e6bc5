import { createPrivateKey, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '#config';
import type { Finding, FtpsEndpoint, LegacyPolicy, LocalEndpoint, TlsPolicy } from '#domain';
import { Egress, USUAL_RULES } from '#egress';
import { egressOfTests } from '#egress/testing';
import { endpointAt, type Script, ScriptedServer, TestAuthority, Witness } from '#ftps/testing';
import type { RemoteSession } from '#protocol';
import { SecretValue } from '#secrets';
import { TestProxy } from '../../../libs/ftps/testing/proxies.ts';
import { LocalRoots } from './local-roots.ts';
import { createSessionOpener } from './open-session.ts';
import { createEndpointExaminer } from './probe-endpoint.ts';

const ROOTS = new LocalRoots({ own: [packageRoot()] });
const authority = new TestAuthority();
const certificate = authority.issue({ commonName: 'partner', names: ['127.0.0.1'] });
const signal = new AbortController().signal;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waybill-open-'));
});
afterAll(() => rm(folder, { recursive: true }));

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function startServer(script: Partial<Script> = {}): Promise<ScriptedServer> {
  const server = await ScriptedServer.start({ certificate, ...script });
  closing.push(() => server.stop());
  return server;
}

const password = `pw-${randomBytes(8).toString('hex')}`;

/** Opens a session as a worker does; what was asked of the secrets is kept. */
function worker(
  named: Record<string, string> = {},
  allowed: readonly LegacyPolicy[] = [],
  egress: Egress = egressOfTests(),
) {
  const asked: string[] = [];
  const witness = new Witness();
  const open = createSessionOpener(
    {
      environment: (name) => {
        asked.push(name);
        return name === 'PASSWORD' ? password : undefined;
      },
      named: async (name) => {
        asked.push(name);
        return named[name] === undefined ? undefined : new SecretValue(named[name]);
      },
    },
    { allowedLegacyPolicies: allowed, egress, roots: ROOTS },
  );
  const openSession = async (endpoint: FtpsEndpoint): Promise<RemoteSession> => {
    const session = await open(endpoint, witness, signal);
    closing.push(() => session.close());
    return session;
  };
  return { asked, witness, openSession };
}

function endpointOn(
  server: ScriptedServer,
  changes: Partial<FtpsEndpoint> = {},
  tls: Partial<TlsPolicy> = {},
): FtpsEndpoint {
  return endpointAt({
    port: server.port,
    mode: changes.mode ?? 'explicit',
    tls: { ca: [authority.cert], ...tls },
    endpoint: { password: { env: 'PASSWORD' }, ...changes },
  });
}

describe('a folder of this machine', () => {
  it('is not opened when a link leads from it to what is ours, and the doctor says the same', async () => {
    const [ours, root] = [join(folder, 'ours'), join(folder, 'root')];
    await mkdir(ours);
    await symlink(ours, root);
    const endpoint: LocalEndpoint = { name: 'inbox', protocol: 'local', root, maxSessions: 1 };
    const rules = {
      allowedLegacyPolicies: [],
      egress: egressOfTests(),
      roots: new LocalRoots({ own: [ours] }),
    };
    const none = { environment: () => undefined, named: async () => undefined };
    const refused = createSessionOpener(none, rules)(endpoint, new Witness(), signal);
    await expect(refused).rejects.toMatchObject({
      code: 'invalid_configuration',
      phase: 'connect',
      detail: expect.stringMatching(/root of the endpoint inbox is not one that this worker allows/),
      cause: { message: expect.stringContaining(`${root} lies in the folders of the installation`) },
    });
    const findings: Finding[] = [];
    const examine = createEndpointExaminer(none, rules);
    await examine({ endpoint, folder: '/' }, new Witness(), async (one) => void findings.push(one), signal);
    expect(findings.map(({ step, outcome }) => [step, outcome])).toEqual([
      ['listing', 'failed'],
      ['write', 'failed'],
    ]);
    expect(await readdir(ours)).toEqual([]);
  });

  it('that is not one of those for endpoints is refused without telling which ones are', async () => {
    const [root, folders] = [join(folder, 'acme'), [join(folder, 'beta-exchange')]];
    const endpoint: LocalEndpoint = { name: 'inbox', protocol: 'local', root, maxSessions: 1 };
    const roots = new LocalRoots({ own: [packageRoot()], folders, bindsFiles: true });
    const rules = { allowedLegacyPolicies: [], egress: egressOfTests(), roots };
    const none = { environment: () => undefined, named: async () => undefined };
    const refused = createSessionOpener(none, rules)(endpoint, new Witness(), signal);
    await expect(refused).rejects.toMatchObject({
      code: 'invalid_configuration',
      detail: expect.not.stringContaining(folder),
      cause: { message: expect.stringContaining('beta-exchange') },
    });
    const findings: Finding[] = [];
    const examine = createEndpointExaminer(none, rules);
    await examine({ endpoint, folder: '/' }, new Witness(), async (one) => void findings.push(one), signal);
    expect(JSON.stringify(findings)).toContain('not one that this worker allows');
    expect(JSON.stringify(findings)).not.toContain('beta-exchange');
  });
});

describe('a legacy policy that the worker does not allow', () => {
  it.each<[LegacyPolicy, Partial<FtpsEndpoint>, Partial<TlsPolicy>]>([
    ['plain_ftp', { mode: 'plain' }, {}],
    ['clear_data', {}, { dataProtection: 'clear' }],
    ['clear_command_channel', {}, { clearCommandChannel: true }],
    ['auth_tls_c', {}, { auth: ['TLS', 'TLS-C'] }],
    ['auth_ssl', {}, { auth: ['SSL'] }],
  ])(
    '%s: nothing is dialled, no secret is read, and the sentence says what to do',
    async (policy, changes, tls) => {
      const server = await startServer({ mode: changes.mode ?? 'explicit' });
      const { asked, witness, openSession } = worker(
        {},
        ['plain_ftp', 'clear_data'].filter((other): other is LegacyPolicy => other !== policy),
      );
      await expect(openSession(endpointOn(server, changes, tls))).rejects.toMatchObject({
        code: 'invalid_configuration',
        phase: 'connect',
        retry: 'never',
        detail: expect.stringMatching(
          new RegExp(
            `test-endpoint needs the legacy policy ${policy}, .*WAYBILL_ALLOW_LEGACY=\\S*\\b${policy}\\.$`,
          ),
        ),
      });
      expect(asked).toEqual([]);
      expect(witness.lines).toEqual([]);
      expect(server.commands).toEqual([]);
    },
  );

  it('is refused when nobody said anything about policies', async () => {
    const server = await startServer({ mode: 'plain' });
    await expect(worker().openSession(endpointOn(server, { mode: 'plain' }))).rejects.toMatchObject({
      code: 'invalid_configuration',
    });
    expect(server.clearText).toBe('');
  });
});

it('a policy that is allowed stands on the record of the connection', async () => {
  const server = await startServer({ mode: 'plain' });
  const { witness, openSession } = worker({}, ['plain_ftp']);
  await openSession(endpointOn(server, { mode: 'plain' }));
  expect(witness.negotiations).toMatchObject([
    { verdict: 'unprotected', legacyPolicy: 'plain_ftp', mode: 'plain' },
  ]);
});

describe('where an installation lets nothing go', () => {
  const usual = () => new Egress({ allow: USUAL_RULES, deny: [] });

  it('nobody hears of us', async () => {
    const server = await startServer();
    const { witness, openSession } = worker({}, [], usual());
    await expect(openSession(endpointOn(server))).rejects.toMatchObject({
      code: 'egress_refused',
      phase: 'connect',
      retry: 'never',
      detail: expect.stringContaining('WAYBILL_EGRESS_ALLOW'),
    });
    expect(witness.negotiations).toEqual([]);
    expect(server.commands).toEqual([]);
    expect(server.clearText).toBe('');
  });

  it('no proxy is asked to go there either', async () => {
    const proxy = await TestProxy.start({ kind: 'socks5' });
    closing.push(() => proxy.stop());
    const server = await startServer();
    const { kind, host, port } = proxy.access;
    // The proxy itself may be reached.
    const egress = new Egress({
      allow: [...USUAL_RULES, { kind: 'class', addressClass: 'loopback' }],
      deny: [{ kind: 'name', name: 'ftp.rival.example', wildcard: false }],
    });
    const through = { proxy: { kind, host, port }, host: 'FTP.rival.example' };
    await expect(worker({}, [], egress).openSession(endpointOn(server, through))).rejects.toMatchObject({
      code: 'egress_refused',
    });
    expect(proxy.connections).toBe(0);
  });

  it('the doctor says so and goes no further', async () => {
    const server = await startServer();
    const findings: Finding[] = [];
    const examine = createEndpointExaminer(
      { environment: () => password, named: async () => undefined },
      { allowedLegacyPolicies: [], egress: usual(), roots: ROOTS },
    );
    const profile = await examine(
      { endpoint: endpointOn(server), folder: undefined },
      new Witness(),
      async (finding) => void findings.push(finding),
      signal,
    );
    expect(profile).toBeNull();
    expect(findings.map(({ step, outcome }) => [step, outcome])).toEqual([
      ['dns', 'ok'],
      ['tcp', 'failed'],
    ]);
    expect(findings[1]!.says).toContain('WAYBILL_EGRESS_ALLOW');
    expect(server.commands).toEqual([]);
  });
});

describe('secrets are revealed at connect, each from its own reference', () => {
  it('password and account', async () => {
    const server = await startServer({
      answer: (verb) => ({ PASS: '332 account?', ACCT: '230 in' })[verb],
    });
    const { witness, openSession } = worker({ 'cost-centre': 'CC-4711' });
    await openSession(endpointOn(server, { account: { secret: 'cost-centre' } }));
    expect(server.commands).toEqual(expect.arrayContaining([`PASS ${password}`, 'ACCT CC-4711']));
    expect(witness.lines.join('\n')).not.toMatch(/CC-4711|pw-/);
  });

  it('the passphrase of an encrypted client key', async () => {
    const ours = authority.issue({ commonName: 'us', usage: 'client' });
    const passphrase = randomBytes(9).toString('base64');
    const key = createPrivateKey(ours.key).export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase,
    }) as string;
    const file = join(folder, 'our.key');
    await writeFile(file, key);
    const server = await startServer({ demandClientCertificate: authority.cert });
    const clientCertificate = { cert: ours.cert, key: { file }, passphrase: { secret: 'passphrase' } };
    const endpoint = endpointOn(server, {}, { clientCertificate });
    await worker({ passphrase }).openSession(endpoint);
    await expect(worker({ passphrase: 'wrong' }).openSession(endpoint)).rejects.toMatchObject({
      code: 'invalid_configuration',
    });
    await expect(worker().openSession(endpoint)).rejects.toMatchObject({
      code: 'secret_unavailable',
      detail: expect.stringContaining('"passphrase"'),
    });
  });

  it('PKCS#12 as bytes: base64 that is none, and bytes that are no PKCS#12, are told apart', async () => {
    const server = await startServer({ demandClientCertificate: authority.cert });
    const endpoint = endpointOn(server, {}, { clientCertificate: { pkcs12: { secret: 'p12' } } });
    await expect(worker({ p12: '-----' }).openSession(endpoint)).rejects.toMatchObject({
      code: 'secret_unavailable',
      detail: expect.stringContaining('base64'),
    });
    await expect(worker({ p12: 'AAAA' }).openSession(endpoint)).rejects.toMatchObject({
      code: 'invalid_configuration',
    });
    expect(server.commands).toEqual([]);
  });

  it("the proxy's password", async () => {
    const server = await startServer();
    const credentials = { username: 'us', password: randomBytes(9).toString('hex') };
    const proxy = await TestProxy.start({ kind: 'http_connect', credentials });
    closing.push(() => proxy.stop());
    const { kind, host, port, username } = proxy.access;
    const through = { kind, host, port, username, password: { secret: 'proxy' } };
    await worker({ proxy: credentials.password }).openSession(endpointOn(server, { proxy: through }));
    expect(proxy.requests).toContain(`127.0.0.1:${server.port}`);
  });
});
