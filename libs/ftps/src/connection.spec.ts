import { once } from 'node:events';
import { type AddressInfo, createServer, type LookupFunction } from 'node:net';
import { expect, test } from 'vitest';
import { endpointAt, sessionAt, Witness } from '../testing/index.ts';
import { openFtpsSession } from './index.ts';

const signal = new AbortController().signal;

async function listen(onConnection: () => void = () => {}) {
  const server = createServer(onConnection);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}

test('a name that does not resolve is told as such', async () => {
  const lookup: LookupFunction = (_host, _options, done) =>
    done(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }), '', 4);
  const endpoint = endpointAt({ port: 21, host: 'ftp.partner.example' });
  await expect(
    openFtpsSession({ endpoint, password: 'x', lookup }, new Witness(), signal),
  ).rejects.toMatchObject({
    code: 'dns_not_found',
    phase: 'connect',
  });
});

test('a closed port is a refused connection', async () => {
  const { server, port } = await listen();
  server.close();
  await expect(sessionAt({ port }, new Witness())).rejects.toMatchObject({ code: 'connect_refused' });
});

test('a connection that is never made ends by its deadline', async () => {
  const lookup: LookupFunction = () => {};
  const endpoint = endpointAt({ port: 21, host: 'ftp.partner.example' });
  await expect(
    openFtpsSession({ endpoint, password: 'x', lookup, deadlines: { connectMs: 50 } }, new Witness(), signal),
  ).rejects.toMatchObject({ code: 'connect_timeout' });
});

test('an abort ends a connection that is being made', async () => {
  const controller = new AbortController();
  const lookup: LookupFunction = () => controller.abort();
  const endpoint = endpointAt({ port: 21, host: 'ftp.partner.example' });
  await expect(
    openFtpsSession({ endpoint, password: 'x', lookup }, new Witness(), controller.signal),
  ).rejects.toMatchObject({ code: 'cancelled' });
});

test('a server that closes at once is a lost connection', async () => {
  const { server, port } = await listen();
  server.on('connection', (socket) => socket.destroy());
  await expect(sessionAt({ port }, new Witness())).rejects.toMatchObject({ code: 'connection_lost' });
  server.close();
});

test.each([
  { tls: { pins: ['sha1/abc'] } },
  { tls: { ca: ['-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n'] } },
  { tls: { minVersion: 'TLSv1.3' as const, maxVersion: 'TLSv1.2' as const } },
  { tls: { dataProtection: 'clear' as const } },
])('settings that cannot work are refused: %j', async (wish) => {
  await expect(sessionAt({ port: 21, ...wish }, new Witness())).rejects.toMatchObject({
    code: 'invalid_configuration',
  });
});

test('the options may change after the call: the session has its own copy', async () => {
  const { server, port } = await listen();
  const endpoint = endpointAt({ port, host: '127.0.0.1' });
  const opening = openFtpsSession(
    { endpoint, password: 'x', deadlines: { replyMs: 60 } },
    new Witness(),
    signal,
  );
  endpoint.host = 'other.example';
  endpoint.port = 1;
  endpoint.tls.pins.push('nonsense');
  await expect(opening).rejects.toMatchObject({ code: 'reply_timeout' });
  server.close();
});
