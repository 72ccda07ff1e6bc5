import { afterEach, describe, expect, it } from 'vitest';
import { type Finding, TransferError } from '#domain';
import { TestProxy } from '../../testing/proxies.ts';
import { type Script, ScriptedServer } from '../../testing/scripted-server.ts';
import { authority, certificate } from '../../testing/scripted-sessions.ts';
import { endpointAt, type SessionWish, Witness } from '../../testing/session-at.ts';
import { examineEndpoint } from './examine-endpoint.ts';
import { MAX_SCAN_HANDSHAKES } from './scan-tls.ts';
import { LoginBudget, MAX_LOGINS } from './visit.ts';

const servers: ScriptedServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

interface Wish {
  script?: Partial<Script>;
  session?: Partial<SessionWish>;
  folder?: string;
  proxyPassword?: string | undefined;
  /** Called at each finding. */
  atFinding?: (finding: Finding, stop: AbortController) => void;
}

const QUICK = { replyMs: 400, connectMs: 2_000, handshakeMs: 2_000, finalReplyMs: 1_000 };

async function examine({ script, session, folder, proxyPassword, atFinding }: Wish) {
  const server = await ScriptedServer.start({ certificate, ...script });
  servers.push(server);
  const witness = new Witness();
  const stop = new AbortController();
  const findings: Finding[] = [];
  const endpoint = endpointAt({
    port: server.port,
    ...session,
    tls: { ca: [authority.cert], sessionReuse: 'preferred', ...session?.tls },
  });
  const outcome = await examineEndpoint(
    {
      endpoint,
      password: 'hunter2-secret',
      deadlines: QUICK,
      folder,
      proxyPassword,
      allowLegacy: session?.allowLegacy,
    },
    witness,
    (finding) => {
      findings.push(finding);
      atFinding?.(finding, stop);
    },
    stop.signal,
  ).then(
    (examination) => ({ examination, rejected: undefined }),
    (rejected: unknown) => ({ examination: undefined, rejected }),
  );
  const of = (step: string) => findings.find((finding) => finding.step === step);
  const said = (verb: string) => server.commands.filter((line) => line.startsWith(verb));
  return { ...outcome, server, witness, findings, of, said };
}

describe('examineEndpoint', () => {
  it('makes at most 12 handshakes without a login, each on record with what was agreed', async () => {
    const { witness, said, of } = await examine({});
    const scanned = witness.negotiations.filter(({ channel }) => channel === 'control');
    const withLogin = said('PASS').length;
    expect(scanned.length - withLogin).toBeLessThanOrEqual(MAX_SCAN_HANDSHAKES);
    expect(said('PASS').length).toBeLessThanOrEqual(MAX_LOGINS);
    expect(of('tls_ciphers')?.says).toMatch(/TLS 1\.3: TLS_AES_256_GCM_SHA384, .*; TLS 1\.2: ECDHE-ECDSA-/);
    const versions = scanned.filter(({ verdict }) => verdict === 'accepted').map(({ protocol }) => protocol);
    expect(new Set(versions)).toEqual(new Set(['TLSv1.2', 'TLSv1.3']));
  });

  it('finds out that a server has TLS 1.2 only', async () => {
    const { of } = await examine({ script: { versions: { maxVersion: 'TLSv1.2' } } });
    expect(of('tls_versions')).toMatchObject({
      outcome: 'note',
      says: expect.stringMatching(/TLS 1\.2, not yet/),
    });
  });

  it('names the implicit mode when an explicit endpoint meets silence and TLS', async () => {
    const { of, said, findings } = await examine({ script: { mode: 'implicit' } });
    expect(of('banner')).toMatchObject({ outcome: 'failed', set: { mode: 'implicit' } });
    expect(findings.at(-1)?.step).toBe('banner');
    expect(said('PASS')).toEqual([]);
  });

  it('stops where TLS is not offered, with nothing said in clear', async () => {
    const { findings, server } = await examine({
      script: { answer: (verb) => (verb === 'AUTH' ? '502 No TLS here.' : undefined) },
    });
    expect(findings.at(-1)).toMatchObject({
      step: 'tls_versions',
      outcome: 'failed',
      says: expect.stringMatching(/502 No TLS here/),
    });
    expect(server.clearText).not.toMatch(/USER|PASS/);
  });

  it('refuses a legacy policy that is not allowed before a byte is sent', async () => {
    const { findings, server } = await examine({ session: { mode: 'plain' }, script: { mode: 'plain' } });
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({ step: 'configuration', outcome: 'failed' });
    expect(server.commands).toEqual([]);
  });

  it('examines plain FTP where it is allowed, and says what it is', async () => {
    const { of, witness } = await examine({
      session: { mode: 'plain', allowLegacy: ['plain_ftp'] },
      script: { mode: 'plain' },
    });
    expect(of('tls')).toMatchObject({ outcome: 'warning', says: expect.stringMatching(/readable/) });
    expect(of('login')?.outcome).toBe('ok');
    expect(of('session_reuse')).toBeUndefined();
    expect(witness.negotiations.every(({ verdict }) => verdict === 'unprotected')).toBe(true);
  });

  it('logs in once where private data connections are refused, and goes no further', async () => {
    const { findings, said } = await examine({
      script: { answer: (verb) => (verb === 'PROT' ? '534 Not here.' : undefined) },
    });
    expect(findings.at(-1)).toMatchObject({ step: 'protection', outcome: 'failed' });
    expect(said('PASS')).toHaveLength(1);
  });

  it.each(['331 again', '530 no', '421 full', '', '999 nonsense'])(
    'never logs in a second time after PASS was answered with "%s"',
    async (reply) => {
      const { said, of, examination } = await examine({
        script: { answer: (verb) => (verb === 'PASS' ? reply : undefined) },
      });
      expect(said('PASS')).toHaveLength(1);
      expect(of('login')?.outcome).toBe('failed');
      expect(examination?.profile).toBeNull();
    },
  );

  it('never logs in again after a later login was refused, though sessions break', async () => {
    let passwords = 0;
    const { said } = await examine({
      script: {
        answer: (verb) => {
          if (verb === 'MLSD') return '999 nonsense';
          if (verb !== 'PASS') return undefined;
          passwords += 1;
          return passwords === 1 ? '230 in' : '530 out';
        },
      },
    });
    expect(said('PASS')).toHaveLength(2);
  });

  it('gives out six logins, and none after a refusal', () => {
    const budget = new LoginBudget();
    for (let login = 0; login < MAX_LOGINS; login++) budget.take();
    expect(() => budget.take()).toThrow(/6 times at most/);
    const refusal = new TransferError('auth_rejected', { phase: 'authenticate' });
    const another = new LoginBudget();
    another.close(refusal);
    expect(() => another.take()).toThrow(refusal);
  });

  it('keeps to six logins when every listing breaks the session', async () => {
    const { said, of } = await examine({
      script: { answer: (verb) => (verb === 'MLSD' || verb === 'LIST' ? '999 nonsense' : undefined) },
    });
    expect(said('PASS').length).toBeLessThanOrEqual(MAX_LOGINS);
    expect(of('listing')?.outcome).toBe('failed');
  });

  it('told to stop in the middle of its files removes them first, and then rejects', async () => {
    const { rejected, server, findings, of } = await examine({
      folder: '/in',
      script: {
        answer: (verb, path) => {
          if (verb !== 'DELE') return undefined;
          return servers.at(-1)!.files.delete(path) ? '250 gone' : '550 no';
        },
      },
      atFinding: ({ step }, stop) => {
        if (step === 'write') stop.abort();
      },
    });
    expect(rejected).toMatchObject({ code: 'cancelled' });
    expect(of('write')?.outcome).toBe('ok');
    expect(findings.at(-1)).toMatchObject({ step: 'cleanup', outcome: 'ok' });
    expect([...server.files.keys()]).toEqual([]);
  });

  it.each(['socks5', 'http_connect'] as const)(
    'goes through a %s proxy, which alone knows the address',
    async (kind) => {
      const credentials = { username: 'way', password: 'proxy-secret-7' };
      const names = { 'ftp.partner.example': '127.0.0.1' };
      const proxy = await TestProxy.start({ kind, credentials, names });
      const { password, ...access } = proxy.access;
      const host = 'ftp.partner.example';
      const { of, findings, examination } = await examine({
        session: { host, endpoint: { proxy: access } },
        proxyPassword: password,
        script: { certificate: authority.issue({ commonName: host, names: [host] }) },
      }).finally(() => proxy.stop());
      expect(findings.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
      expect(of('dns')?.says).toMatch(/is resolved by the (socks5|http_connect) proxy/);
      expect(of('listing')?.outcome).not.toBe('failed');
      expect(proxy.requests.every((request) => request.startsWith(`${host}:`))).toBe(true);
      expect(examination?.profile?.passive).not.toBe('other_address');
      expect(JSON.stringify(findings)).not.toContain('proxy-secret-7');
    },
  );

  it('says that nothing could be tried where there is no data connection at all', async () => {
    const { of, findings, examination } = await examine({
      folder: '/in',
      script: { answer: (verb) => (verb === 'EPSV' || verb === 'PASV' ? '500 no' : undefined) },
    });
    expect(findings.filter(({ outcome }) => outcome === 'failed').map(({ step }) => step)).toEqual([
      'epsv',
      'listing',
    ]);
    expect(of('write')).toMatchObject({ outcome: 'note', says: expect.stringMatching(/no data connection/) });
    expect(examination?.profile).toMatchObject({ epsv: false, passive: 'refused', pipelining: null });
  });

  it('keeps what a hostile server says short and printable', async () => {
    const shown = `\u001b]0;x\u0007\u202e${'z'.repeat(5_000)}`;
    const { of, findings } = await examine({
      script: {
        greeting: `220 ${shown}`,
        answer: (verb) => (verb === 'PWD' ? `257 "/${shown}"` : undefined),
      },
    });
    expect(of('banner')?.outcome).toBe('ok');
    for (const { says } of findings) {
      expect(says.length).toBeLessThanOrEqual(2_001);
      expect(says).not.toMatch(/[\u0000-\u001f\u202e]/);
    }
  });

  it('masks a password that the server repeats', async () => {
    const { findings, witness } = await examine({
      script: { answer: (verb, given) => (verb === 'PASS' ? `530 "${given}" is wrong.` : undefined) },
    });
    expect(findings.at(-1)?.says).toMatch(/530 "\*\*\*\*" is wrong/);
    expect(JSON.stringify([findings, witness.lines])).not.toContain('hunter2-secret');
  });

  it('shows a password nowhere', async () => {
    const { findings, witness, server } = await examine({});
    expect(JSON.stringify([findings, witness.lines, server.clearText])).not.toContain('hunter2-secret');
  });
});
