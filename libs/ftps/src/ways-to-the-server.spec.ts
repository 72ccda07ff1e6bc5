import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { FtpsEndpoint } from '#domain';
import type { RemoteSession } from '#protocol';
import { closedPort } from '../testing/closed-port.ts';
import type { Script } from '../testing/index.ts';
import { type ProxyScript, TestProxy } from '../testing/proxies.ts';
import { answer, authority, closeWhatWasOpened, ignore, open, signal } from '../testing/scripted-sessions.ts';

const proxies: TestProxy[] = [];
closeWhatWasOpened();
afterEach(async () => {
  for (const proxy of proxies.splice(0)) await proxy.stop();
});

const named = authority.issue({ commonName: 'partner', names: ['127.0.0.1', 'ftp.partner.example'] });
const bytes = randomBytes(200_001);
const row = Buffer.from('type=file;size=200001;modify=20261121060000; a.csv\r\n');
const files = () =>
  new Map([
    ['/out', row],
    ['/out/a.csv', bytes],
  ]);

/** What a transfer does, in small. */
async function wholeSession(session: RemoteSession) {
  const { entries } = await session.list('/out', signal);
  const chunks: Buffer[] = [];
  await session.read('/out/a.csv', (chunk) => void chunks.push(Buffer.from(chunk)), signal);
  const writer = await session.openWrite('/in/b.csv', signal);
  await writer.write(bytes);
  await writer.finish();
  return { names: entries.map(({ name }) => name), received: Buffer.concat(chunks) };
}

async function proxyWith(script: ProxyScript) {
  const proxy = await TestProxy.start(script);
  proxies.push(proxy);
  const { password, ...access } = proxy.access;
  return { proxy, wish: { endpoint: { proxy: access }, proxyPassword: password } };
}

const KINDS = ['socks5', 'http_connect'] as const;
const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;
const only = (version: (typeof VERSIONS)[number]) => ({ minVersion: version, maxVersion: version });

describe.each(KINDS)('through a %s proxy', (kind) => {
  test.each(VERSIONS)('everything goes through it, %s sessions are resumed', async (version) => {
    const credentials = { username: 'way', password: 'proxy-secret-7' };
    const { proxy, wish } = await proxyWith({
      kind,
      credentials,
      drip: true,
      names: { 'ftp.partner.example': '127.0.0.1' },
    });
    const script = { certificate: named, files: files(), versions: only(version) };
    const { session, server, witness } = await open(script, { host: 'ftp.partner.example', ...wish });
    const { names, received } = await wholeSession(session);
    expect(names).toEqual(['a.csv']);
    expect(received.equals(bytes)).toBe(true);
    expect(server.files.get('/in/b.csv')?.equals(bytes)).toBe(true);
    expect(witness.negotiations.map(({ channel, resumed }) => [channel, resumed])).toEqual([
      ['control', false],
      ['data', true],
      ['data', true],
      ['data', true],
    ]);
    // Nothing else knows the name: each connection was asked for by it.
    expect(proxy.requests).toHaveLength(4);
    expect(proxy.requests.every((request) => request.startsWith('ftp.partner.example:'))).toBe(true);
    expect(JSON.stringify(witness.lines)).not.toContain('proxy-secret-7');
  });

  test('implicit TLS works too', async () => {
    const { proxy, wish } = await proxyWith({ kind });
    const { session } = await open({ mode: 'implicit', files: files() }, { mode: 'implicit', ...wish });
    expect((await wholeSession(session)).received.equals(bytes)).toBe(true);
    expect(proxy.requests).toHaveLength(4);
  });

  test('an advertised data address is asked for as an address', async () => {
    const { proxy, wish } = await proxyWith({ kind, names: { 'ftp.partner.example': '127.0.0.1' } });
    const passive: FtpsEndpoint['passive'] = {
      addressPolicy: 'advertised',
      advertisedNetworks: ['127.0.0.0/8'],
    };
    const { session } = await open(
      { certificate: named, files: files(), passive: 'pasv' },
      { host: 'ftp.partner.example', ...wish, endpoint: { ...wish.endpoint, passive } },
    );
    await session.read('/out/a.csv', ignore, signal);
    expect(proxy.requests[1]).toMatch(/^127\.0\.0\.1:/);
  });

  test('a greeting that came together with its answer is not lost', async () => {
    const { wish } = await proxyWith({ kind, withFirstBytes: true });
    const script = { mode: 'plain' as const, files: files() };
    const { session } = await open(script, { mode: 'plain', allowLegacy: ['plain_ftp'], ...wish });
    const chunks: Buffer[] = [];
    await session.read('/out/a.csv', (chunk) => void chunks.push(Buffer.from(chunk)), signal);
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
  });

  test('a refused password ends before the server hears of us', async () => {
    const { proxy, wish } = await proxyWith({ kind, credentials: { username: 'way', password: 'right' } });
    const opening = open({}, { ...wish, proxyPassword: 'proxy-secret-8' });
    await expect(opening).rejects.toMatchObject({
      code: 'invalid_configuration',
      phase: 'connect',
      message: expect.not.stringContaining('proxy-secret-8'),
    });
    expect(proxy.connections).toBeLessThanOrEqual(1);
  });

  test('an abort ends a dialogue that does not end', async () => {
    const { proxy, wish } = await proxyWith({ kind, answer: 'none' });
    const controller = new AbortController();
    const opening = open({}, { ...wish, signal: controller.signal });
    while (proxy.connections === 0) await new Promise(setImmediate);
    controller.abort();
    await expect(opening).rejects.toMatchObject({ code: 'cancelled' });
  });

  test('a data connection that it cannot make is tried with PASV, and then fails that file alone', async () => {
    const { wish } = await proxyWith({ kind });
    const port = await closedPort();
    const script = { files: files(), answer: answer({ EPSV: `229 (|||${port}|)` }) };
    const { session } = await open(script, wish);
    await session.read('/out/a.csv', ignore, signal);
    const passive = { addressPolicy: 'control_host', command: 'epsv' } as const;
    const { session: strict } = await open(script, { ...wish, endpoint: { ...wish.endpoint, passive } });
    await expect(strict.read('/out/a.csv', ignore, signal)).rejects.toMatchObject({
      code: 'connect_refused',
      message: expect.stringContaining(kind),
    });
  });
});

/** The port of the last EPRT can be listened on again. */
async function nothingListens(commands: string[], host = '127.0.0.1'): Promise<void> {
  const told = commands.findLast((command) => command.startsWith('EPRT'));
  const again = createServer();
  again.listen(Number(told?.split('|')[3]), host);
  await once(again, 'listening');
  again.close();
}

const active = { firstPort: 32_768, lastPort: 60_999 };

describe('in active mode', () => {
  test.each(VERSIONS)(
    'the server connects, we stay the TLS client, %s sessions are resumed',
    async (version) => {
      const { session, server, witness } = await open(
        { files: files(), versions: only(version) },
        { endpoint: { active } },
      );
      const { names, received } = await wholeSession(session);
      expect(names).toEqual(['a.csv']);
      expect(received.equals(bytes)).toBe(true);
      expect(server.files.get('/in/b.csv')?.equals(bytes)).toBe(true);
      expect(witness.negotiations.slice(1).map(({ channel, resumed }) => [channel, resumed])).toEqual([
        ['data', true],
        ['data', true],
        ['data', true],
      ]);
      const ports = server.commands.filter((command) => /^(EPRT|PORT|EPSV|PASV)/.test(command));
      expect(ports).toHaveLength(3);
      expect(new Set(ports).size).toBe(3);
      expect(ports.every((command) => /^EPRT \|1\|127\.0\.0\.1\|\d+\|$/.test(command))).toBe(true);
    },
  );

  test('PORT is used from then on where EPRT is not understood', async () => {
    const { session, server } = await open({ files: files(), active: 'port' }, { endpoint: { active } });
    await wholeSession(session);
    expect(
      server.commands.filter((command) => /^(EPRT|PORT)/.test(command)).map((command) => command.slice(0, 4)),
    ).toEqual(['EPRT', 'PORT', 'PORT', 'PORT']);
  });

  test('over IPv6 it is EPRT, and passive mode is EPSV', async () => {
    const certificate = named;
    const tls = { serverName: 'ftp.partner.example' };
    for (const endpoint of [{ active }, {}]) {
      const { session, server, witness } = await open(
        { certificate, files: files(), host: '::1' },
        { host: '::1', tls, endpoint },
      );
      expect((await wholeSession(session)).received.equals(bytes)).toBe(true);
      expect(server.commands.some((command) => /^(PORT|PASV)/.test(command))).toBe(false);
      expect(witness.negotiations[0]!.remoteAddress).toBe(`[::1]:${server.port}`);
    }
  });

  test('over IPv6 a server without EPRT is a violation: PORT cannot say the address', async () => {
    const { session, server } = await open(
      { certificate: named, files: files(), host: '::1', active: 'port' },
      { host: '::1', tls: { serverName: 'ftp.partner.example' }, endpoint: { active } },
    );
    await expect(session.read('/out/a.csv', ignore, signal)).rejects.toMatchObject({
      code: 'protocol_violation',
    });
    await nothingListens(server.commands, '::1');
  });

  test('a server that cannot connect says 425, and nothing listens any more', async () => {
    const { session, server } = await open(
      { files: files(), answer: answer({ RETR: '425 cannot connect' }) },
      { endpoint: { active } },
    );
    await expect(session.read('/out/a.csv', ignore, signal)).rejects.toMatchObject({
      code: 'connection_lost',
    });
    await nothingListens(server.commands);
  });

  test('a server that does not come ends by the deadline', async () => {
    const { session } = await open(
      { files: files(), answer: answer({ EPRT: '200 fine', RETR: '150 on my way' }) },
      { endpoint: { active }, deadlines: { replyMs: 100, connectMs: 50 } },
    );
    await expect(session.read('/out/a.csv', ignore, signal)).rejects.toMatchObject({
      code: 'connect_timeout',
    });
  });

  test('another certificate on the data connection is found out as ever', async () => {
    const dataCertificate = authority.issue({ commonName: 'thief', names: ['127.0.0.1'] });
    const { session } = await open(
      { files: files(), dataCertificate },
      { endpoint: { active }, tls: { sessionReuse: 'off' } },
    );
    await expect(session.read('/out/a.csv', ignore, signal)).rejects.toMatchObject({
      code: 'tls_data_channel_refused',
    });
  });
});

describe('settings that contradict each other are refused before anything is dialled', () => {
  const cases: [string, Partial<FtpsEndpoint>][] = [
    ['active mode through a proxy', { active, proxy: { kind: 'socks5', host: '127.0.0.1', port: 1 } }],
    [
      'networks that are none',
      { passive: { addressPolicy: 'advertised', advertisedNetworks: ['10.0.0.0'] } },
    ],
  ];
  test.each(cases)('%s', async (_what, endpoint) => {
    await expect(open({}, { endpoint })).rejects.toMatchObject({
      code: 'invalid_configuration',
      phase: 'connect',
    });
  });
});

test('an advertised address outside the networks is a violation', async () => {
  const passive: FtpsEndpoint['passive'] = {
    addressPolicy: 'advertised',
    advertisedNetworks: ['10.1.0.0/16'],
  };
  const script: Partial<Script> = { files: files(), passive: 'pasv_elsewhere' };
  const { session } = await open(script, { endpoint: { passive } });
  await expect(session.read('/out/a.csv', ignore, signal)).rejects.toMatchObject({
    code: 'protocol_violation',
    message: expect.stringContaining('10.9.8.7'),
  });
});

describe('the passive command', () => {
  const advertised = { passive: { addressPolicy: 'advertised' } } as const;
  const asked = (commands: string[]) => commands.filter((command) => /^(EPSV|PASV)/.test(command));

  test('is EPSV where PASV should state an address and does not exist', async () => {
    const script = { files: files(), answer: answer({ PASV: '502 not here' }) };
    const { session, server, witness } = await open(script, { endpoint: advertised });
    for (let round = 0; round < 2; round += 1) await session.read('/out/a.csv', ignore, signal);
    expect(asked(server.commands)).toEqual(['PASV', 'EPSV', 'EPSV']);
    expect(witness.lines.join('\n')).toContain('PASV is not understood: EPSV from here on');
  });

  test('is asked for once each where the server knows neither', async () => {
    for (const endpoint of [advertised, {}]) {
      const script = { files: files(), answer: answer({ PASV: '502 not here', EPSV: '500 what?' }) };
      const { session, server } = await open(script, { endpoint });
      await expect(session.read('/out/a.csv', ignore, signal)).rejects.toMatchObject({
        code: 'protocol_violation',
      });
      expect(asked(server.commands).toSorted()).toEqual(['EPSV', 'PASV']);
    }
  });

  test.each(['epsv', 'pasv'] as const)('is %s alone where the endpoint says so', async (command) => {
    const passive = { addressPolicy: 'control_host', command } as const;
    const script = { files: files(), answer: answer({ [command.toUpperCase()]: '502 not here' }) };
    const { session, server } = await open(script, { endpoint: { passive } });
    await expect(session.read('/out/a.csv', ignore, signal)).rejects.toMatchObject({
      code: 'protocol_violation',
    });
    expect(asked(server.commands)).toEqual([command.toUpperCase()]);
  });
});
