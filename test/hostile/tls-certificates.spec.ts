import { createHash, createPublicKey, randomBytes, X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type CertificateRequest,
  type Identity,
  issueCertificate,
  makeAuthority,
  type ServerIdentity,
  selfSignedCertificate,
} from '#apps/partner-sim';
import type { ErrorCode, TlsPolicy } from '#domain';
import { expectDelivered, expectRefused, expectTlsRefused } from './support/expectations.ts';
import { type Situation, Stage } from './support/stage.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 1_440 * MINUTE_MS;
const authority = makeAuthority({ commonName: 'Authority' });
const weak = { tls: { ciphers: 'DEFAULT@SECLEVEL=0' } } as const;

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage.close());

/** A server with this certificate, of an authority that the endpoint trusts. */
function showing(wanted: Partial<CertificateRequest>, tls: Partial<TlsPolicy> = {}): Situation {
  return { sim: { ...weak, identity: identityOf(wanted) }, tls };
}

function identityOf(wanted: Partial<CertificateRequest>): ServerIdentity {
  const request = { commonName: 'localhost', dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'], ...wanted };
  return { ...issueCertificate(authority, request), caPem: authority.certificatePem };
}

const pinOf = ({ certificatePem }: Identity) =>
  `sha256/${createHash('sha256')
    .update(createPublicKey(certificatePem).export({ type: 'spki', format: 'der' }))
    .digest('base64')}`;
const otherPin = `sha256/${randomBytes(32).toString('base64')}`;
const noIp = { ipAddresses: [] };

const NAMES: [string, ErrorCode, Situation][] = [
  ['another name', 'tls_name_mismatch', showing({ dnsNames: ['elsewhere.example'], ...noIp })],
  [
    'a wildcard one level too high',
    'tls_name_mismatch',
    showing({ dnsNames: ['*.partner.example'] }, { serverName: 'a.b.partner.example' }),
  ],
  [
    'a wildcard without a level for it',
    'tls_name_mismatch',
    showing({ dnsNames: ['*.partner.example'] }, { serverName: 'partner.example' }),
  ],
  [
    'a wildcard in the middle',
    'tls_name_mismatch',
    showing({ dnsNames: ['ftp.*.example'] }, { serverName: 'ftp.partner.example' }),
  ],
  ['a wildcard for a whole domain of names', 'tls_name_mismatch', showing({ dnsNames: ['*'] })],
  [
    'an address it does not hold, where an address is dialled',
    'tls_name_mismatch',
    { ...showing({ ipAddresses: ['127.0.0.2'] }), endpoint: { host: '127.0.0.1' } },
  ],
  [
    'an address that stands there as a name',
    'tls_name_mismatch',
    { ...showing({ dnsNames: ['127.0.0.1'], ...noIp }), endpoint: { host: '127.0.0.1' } },
  ],
  ['its name as common name only', 'tls_name_mismatch', showing({ dnsNames: [], ...noIp })],
  [
    'a NUL in the name',
    'tls_name_mismatch',
    showing({ dnsNames: ['localhost\0.evil.example'], ...noIp, commonName: 'x' }),
  ],
  [
    'a name that only begins like ours',
    'tls_name_mismatch',
    showing({ dnsNames: ['localhost.evil.example'], ...noIp }),
  ],
];

const DATES_AND_CHAINS: [string, ErrorCode, Situation][] = [
  [
    'an expired certificate',
    'tls_certificate_expired',
    showing({ notBefore: new Date(Date.now() - 60 * DAY_MS), notAfter: new Date(Date.now() - MINUTE_MS) }),
  ],
  [
    'a certificate not yet valid',
    'tls_certificate_expired',
    showing({ notBefore: new Date(Date.now() + 30 * MINUTE_MS) }),
  ],
  [
    'a self-signed certificate',
    'tls_untrusted_certificate',
    {
      sim: {
        identity: {
          ...selfSignedCertificate({ commonName: 'localhost', dnsNames: ['localhost'] }),
          caPem: authority.certificatePem,
        },
      },
    },
  ],
  ['an authority nobody knows', 'tls_untrusted_certificate', { tls: { ca: [authority.certificatePem] } }],
  [
    'an authority of the same name with another key',
    'tls_untrusted_certificate',
    {
      sim: {
        identity: {
          ...issueCertificate(makeAuthority({ commonName: 'Authority' }), {
            commonName: 'localhost',
            dnsNames: ['localhost'],
          }),
          caPem: authority.certificatePem,
        },
      },
    },
  ],
  ['a certificate for clients', 'tls_untrusted_certificate', showing({ usage: 'client' })],
  ['an RSA key of 1024 bits', 'tls_untrusted_certificate', showing({ keyType: 'rsa_1024' })],
  ['a SHA-1 signature', 'tls_untrusted_certificate', showing({ signedWith: 'sha1' })],
  ['a leaf that a leaf has signed', 'tls_untrusted_certificate', { sim: { identity: signedByALeaf() } }],
];

/** The leaf and its signer both stand in the chain; the signer is no authority. */
function signedByALeaf(): ServerIdentity {
  const request = { commonName: 'localhost', dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] };
  const signer = issueCertificate(authority, { ...request, commonName: 'Signer' });
  const leaf = issueCertificate({ ...signer, commonName: 'Signer' }, request);
  return {
    certificatePem: leaf.certificatePem + signer.certificatePem,
    privateKeyPem: leaf.privateKeyPem,
    caPem: authority.certificatePem,
  };
}

describe.each(['explicit', 'implicit'] as const)('a server with %s TLS', (mode) => {
  it.each(NAMES)('row 25, ftps 4.13: and %s is refused before USER (%s)', async (_, code, situation) => {
    const scene = await stage.pull({ ...situation, endpoint: { ...situation.endpoint, mode } });
    await expectRefused(stage, scene, code);
    expectTlsRefused(scene, code, { channel: 'control', nameCheck: 'failed', chainCheck: 'passed', mode });
    expect(certificatesOf(scene)).toHaveLength(1);
    expect(scene.verbs()).not.toContain('USER');
  });

  it.each(DATES_AND_CHAINS)(
    'row 26, ftps 4.13: and %s is refused before USER (%s)',
    async (_, code, situation) => {
      const scene = await stage.push({ ...situation, endpoint: { ...situation.endpoint, mode } });
      await expectRefused(stage, scene, code);
      expectTlsRefused(scene, code, { channel: 'control', mode });
      expect(scene.verbs()).not.toContain('USER');
    },
  );
});

describe('row 26: a certificate on record', () => {
  it('row 26: which of them, and until when, stands in the row of a refused handshake', async () => {
    const notAfter = new Date(Date.now() - MINUTE_MS);
    const scene = await stage.pull(showing({ notBefore: new Date(Date.now() - 9 * DAY_MS), notAfter }));
    const [leaf] = certificatesOf(scene);
    expect(new Date(leaf!.notAfter).getTime()).toBe(Math.floor(notAfter.getTime() / 1000) * 1000);
    expect(scene.negotiations[0]).toMatchObject({ chainCheck: 'failed', nameCheck: 'passed' });
  });
});

describe('names and addresses that match', () => {
  it('row 25: a wildcard at its level, an address in the alternative names', async () => {
    await expectDelivered(
      stage,
      await stage.pull(showing({ dnsNames: ['*.partner.example'] }, { serverName: 'ftp.partner.example' })),
    );
    const scene = await stage.pull({ ...showing({ dnsNames: [] }), endpoint: { host: '127.0.0.1' } });
    await expectDelivered(stage, scene);
    expect(scene.negotiations[0]).toMatchObject({ serverName: null, nameCheck: 'passed' });
  });
});

describe('pins', () => {
  it('row 27: the pinned key in an expired certificate is refused', async () => {
    const identity = identityOf({
      notBefore: new Date(Date.now() - 60 * DAY_MS),
      notAfter: new Date(Date.now() - DAY_MS),
    });
    for (const ca of [[authority.certificatePem], []]) {
      const scene = await stage.pull({ sim: { identity }, tls: { ca, pins: [pinOf(identity)] } });
      await expectRefused(stage, scene, 'tls_certificate_expired');
      expectTlsRefused(scene, 'tls_certificate_expired', { pinCheck: 'passed', chainCheck: 'failed' });
    }
  });

  it('row 28: a renewed certificate of the pinned key is accepted, and on record', async () => {
    const old = identityOf({});
    const renewed = { ...identityOf({ keyOf: old }) };
    expect(renewed.certificatePem).not.toBe(old.certificatePem);
    const scene = await stage.pull({ sim: { identity: renewed }, tls: { pins: [pinOf(old)] } });
    await expectDelivered(stage, scene);
    const control = scene.negotiations.find(({ channel }) => channel === 'control')!;
    expect(control.pinCheck).toBe('passed');
    expect(certificatesOf(scene)[0]!.sha256).toBe(fingerprint(renewed));
  });

  it('row 28: a renewed certificate with another key is held back: nothing moves until the pin is changed', async () => {
    const old = identityOf({});
    const rekeyed = identityOf({});
    const scene = await stage.push({ sim: { identity: rekeyed }, tls: { pins: [pinOf(old), otherPin] } });
    await expectRefused(stage, scene, 'tls_pin_mismatch');
    expectTlsRefused(scene, 'tls_pin_mismatch', {
      pinCheck: 'failed',
      chainCheck: 'passed',
      nameCheck: 'passed',
    });
    expect(certificatesOf(scene)[0]!.sha256).toBe(fingerprint(rekeyed));
    expect(scene.verbs()).not.toContain('USER');
    const later = await stage.again(scene, { tls: { pins: [pinOf(old), pinOf(rekeyed)] } });
    await expectDelivered(stage, later);
  });

  it('row 28, ftps 4.13: a self-signed certificate is accepted with its pin, and with no other', async () => {
    const self = selfSignedCertificate({ commonName: 'localhost', dnsNames: ['localhost'] });
    const sim = { identity: { ...self, caPem: self.certificatePem } };
    await expectDelivered(stage, await stage.pull({ sim, tls: { ca: [], pins: [pinOf(self)] } }));
    const scene = await stage.pull({ sim, tls: { ca: [], pins: [otherPin] } });
    await expectRefused(stage, scene, 'tls_pin_mismatch');
    expectTlsRefused(scene, 'tls_pin_mismatch');
  });
});

function certificatesOf(scene: {
  negotiations: { peerCertificates: unknown }[];
}): { sha256: string; notAfter: string }[] {
  const rows = scene.negotiations[0]!.peerCertificates as { sha256: string; notAfter: string }[];
  return rows.slice(0, 1);
}

function fingerprint({ certificatePem }: Identity): string {
  return new X509Certificate(certificatePem).fingerprint256.replaceAll(':', '').toLowerCase();
}
