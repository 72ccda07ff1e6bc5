import { createServer } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { issueCertificate, makeAuthority } from '#apps/partner-sim';
import { Egress } from '#egress';
import { LOOPBACK, SWITCHING, speaking } from '../testing/called-receiver.ts';
import { postCallback } from './post-callback.ts';

const never = new AbortController().signal;

describe('a try', () => {
  const message = { headers: {}, body: '{}' };

  it('has no name looked up again between its answer and the connection', async () => {
    let asked = 0;
    // Nobody else knows this name: whoever asks the system about it gets nowhere.
    const resolve = async () => (++asked === 1 ? ['127.0.0.1'] : ['192.0.2.1']);
    const egress = new Egress({ ...LOOPBACK, allow: [...LOOPBACK.allow], resolve });
    const server = createServer((_, response) => response.end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const tried = await postCallback(egress, { ...message, url: `http://receiver.invalid:${port}/` }, never);
    expect(tried).toEqual({ status: 200, error: null });
    expect(asked).toBe(1);
    server.closeAllConnections();
    server.close();
  });

  it('does not keep a receiver that says nothing waiting for ever, nor the worker', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const target = { ...message, url: `http://127.0.0.1:${port}/` };
    expect(await postCallback(new Egress(LOOPBACK), target, never, 100)).toEqual({
      status: null,
      error: 'unreachable',
      reason: 'no answer in time',
    });
    silent.closeAllConnections();
    silent.close();
  });

  it.each([
    ['switches protocols', SWITCHING, 101],
    ['switches protocols after a hint', `HTTP/1.1 103 Early Hints\r\n\r\n${SWITCHING}`, 101],
    ['says no status', 'no HTTP at all\r\n\r\n', null],
  ])('at a receiver that %s ends', async (_, bytes, status) => {
    await speaking(bytes, async (at) => {
      const tried = await postCallback(new Egress(LOOPBACK), { url: at, headers: {}, body: '{}' }, never);
      expect(tried).toMatchObject({ status });
    });
  });
});

describe('over TLS', () => {
  const trusted = getCACertificates('default');
  const authority = makeAuthority({ commonName: 'test' });
  let receiver: TlsServer;
  let target: (name: string) => { url: string; headers: Record<string, string>; body: string };
  const egress = new Egress({ ...LOOPBACK, resolve: async () => ['127.0.0.1'] });

  beforeAll(async () => {
    const { certificatePem, privateKeyPem } = issueCertificate(authority, {
      commonName: 'receiver.invalid',
      dnsNames: ['receiver.invalid'],
    });
    receiver = createTlsServer({ cert: certificatePem, key: privateKeyPem }, (_, response) => response.end());
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    const { port } = receiver.address() as AddressInfo;
    target = (name) => ({ url: `https://${name}:${port}/`, headers: {}, body: '{}' });
  });
  afterAll(() => {
    setDefaultCACertificates(trusted);
    receiver.closeAllConnections();
    receiver.close();
  });

  it('nothing is told to a receiver whose certificate nobody trusts, or is for another name', async () => {
    expect((await postCallback(egress, target('receiver.invalid'), never)).reason).toMatch(/CERT|VERIFY/);
    setDefaultCACertificates([...trusted, authority.certificatePem]);
    expect(await postCallback(egress, target('other.invalid'), never)).toEqual({
      status: null,
      error: 'unreachable',
      reason: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
    expect(await postCallback(egress, target('receiver.invalid'), never)).toEqual({
      status: 200,
      error: null,
    });
  });
});
