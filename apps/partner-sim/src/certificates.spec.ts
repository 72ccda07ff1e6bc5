import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { type Authority, type CertificateRequest, issueCertificate, makeAuthority } from './certificates.ts';

const run = promisify(execFile);
const openssl = await run('openssl', ['version']).then(
  () => true,
  () => false,
);
const DAY_MS = 86_400_000;
const authority = makeAuthority({ commonName: 'Prüfstelle & Söhne' });

/** One handshake: the server's identity against the authority, on either side where asked. */
async function shake(
  wanted: CertificateRequest,
  client: { servername?: string; host?: string; trusted?: Authority; own?: CertificateRequest } = {},
): Promise<TLSSocket> {
  const served = issueCertificate(authority, wanted);
  const server = createServer({
    key: served.privateKeyPem,
    cert: served.certificatePem,
    ...(client.own ? { requestCert: true, ca: authority.certificatePem } : {}),
  });
  server.on('secureConnection', (socket) => {
    socket.on('error', () => socket.destroy());
    socket.end(socket.authorized ? 'client known' : '');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const own = client.own && issueCertificate(authority, client.own);
  const socket = connect({
    host: client.host ?? '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    ca: (client.trusted ?? authority).certificatePem,
    ...(client.servername === undefined ? {} : { servername: client.servername }),
    ...(own ? { cert: own.certificatePem, key: own.privateKeyPem } : {}),
  });
  try {
    await once(socket, 'secureConnect');
    return socket;
  } finally {
    socket.once('close', () => server.close());
    socket.on('error', () => socket.destroy());
    if (client.own === undefined) socket.resume();
  }
}

it.each(['ec', 'rsa'] as const)('%s: a leaf is believed by its name, and by its address', async (keyType) => {
  const wanted: CertificateRequest = {
    commonName: 'not looked at',
    dnsNames: ['ftp.acme.example'],
    ipAddresses: ['127.0.0.1', '::1'],
    keyType,
  };
  const byName = await shake(wanted, { servername: 'ftp.acme.example' });
  expect(byName.authorized).toBe(true);
  expect((await shake(wanted)).authorized).toBe(true);
  const leaf = new X509Certificate(issueCertificate(authority, wanted).certificatePem);
  expect(leaf.checkIP('::1')).toBe('::1');
  expect(leaf.publicKey.asymmetricKeyType).toBe(keyType);
  expect(leaf.issuer).toBe('CN=Prüfstelle & Söhne');
  expect(leaf.verify(new X509Certificate(authority.certificatePem).publicKey)).toBe(true);
});

it.each<[string, string, CertificateRequest, Parameters<typeof shake>[1]]>([
  ['another name', 'ERR_TLS_CERT_ALTNAME_INVALID', { commonName: 'a', dnsNames: ['a'] }, { servername: 'b' }],
  ['a name in the subject only', 'ERR_TLS_CERT_ALTNAME_INVALID', { commonName: '127.0.0.1' }, {}],
  [
    'an authority of the same name with another key',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    { commonName: 'a', ipAddresses: ['127.0.0.1'] },
    { trusted: makeAuthority({ commonName: 'Prüfstelle & Söhne' }) },
  ],
  [
    'yesterday',
    'CERT_HAS_EXPIRED',
    {
      commonName: 'a',
      ipAddresses: ['127.0.0.1'],
      notBefore: new Date(Date.now() - 9 * DAY_MS),
      notAfter: new Date(Date.now() - DAY_MS),
    },
    {},
  ],
  [
    'tomorrow',
    'CERT_NOT_YET_VALID',
    { commonName: 'a', ipAddresses: ['127.0.0.1'], notBefore: new Date(Date.now() + DAY_MS) },
    {},
  ],
  [
    'another purpose',
    'INVALID_PURPOSE',
    { commonName: 'a', ipAddresses: ['127.0.0.1'], usage: 'client' },
    {},
  ],
])('a leaf of %s is refused', async (_, code, wanted, client) => {
  await expect(shake(wanted, client)).rejects.toMatchObject({ code });
});

it('a client certificate lets its holder in', async () => {
  const socket = await shake(
    { commonName: 'a', ipAddresses: ['127.0.0.1'] },
    { own: { commonName: 'waybill', usage: 'client' } },
  );
  const [greeting] = (await once(socket, 'data')) as [Buffer];
  expect(greeting.toString()).toBe('client known');
});

it('validity reaches past 2049, where the time is written in another way', () => {
  const far = makeAuthority({ commonName: 'far', notAfter: new Date('2075-06-30T12:00:00Z') });
  expect(new Date(new X509Certificate(far.certificatePem).validTo).toISOString()).toBe(
    '2075-06-30T12:00:00.000Z',
  );
});

it.skipIf(!openssl).each(['ec', 'rsa'] as const)(
  '%s: openssl finds nothing to object to under its strictest rules',
  async (keyType) => {
    const folder = await mkdtemp(join(tmpdir(), 'waybill-certificates-'));
    const leaf = issueCertificate(authority, { commonName: 'a', dnsNames: ['a.example'], keyType });
    await writeFile(join(folder, 'ca.pem'), authority.certificatePem);
    await writeFile(join(folder, 'leaf.pem'), leaf.certificatePem);
    const check = ['-x509_strict', '-check_ss_sig', '-purpose', 'sslserver', '-verify_hostname', 'a.example'];
    const { stdout } = await run('openssl', ['verify', ...check, '-CAfile', 'ca.pem', 'leaf.pem'], {
      cwd: folder,
    });
    expect(stdout).toBe('leaf.pem: OK\n');
    await rm(folder, { recursive: true });
  },
);
