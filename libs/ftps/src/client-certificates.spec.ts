import { createPrivateKey, randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { pkcs12Of } from '../testing/certificates.ts';
import { authority, closeWhatWasOpened, open, signal } from '../testing/scripted-sessions.ts';

closeWhatWasOpened();

const ours = authority.issue({ commonName: 'waybill', usage: 'client' });
const passphrase = randomBytes(12).toString('hex');
const demanding = { demandClientCertificate: authority.cert };

function encrypted(pem: string): string {
  const exported = createPrivateKey(pem).export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase,
  });
  return exported as string;
}

describe('our certificate', () => {
  test.each([
    ['PEM', ours],
    ['PEM with an encrypted key', { cert: ours.cert, key: encrypted(ours.key), passphrase }],
    ['PKCS#12', { pkcs12: pkcs12Of(ours, passphrase), passphrase }],
  ])('is shown on control and data: %s', async (_form, clientCertificate) => {
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const { session, witness } = await open(
        { ...demanding, versions: { minVersion: version, maxVersion: version } },
        { clientCertificate, tls: { sessionReuse: 'off' } },
      );
      await session.list('/', signal);
      expect(witness.negotiations.map(({ channel, verdict }) => [channel, verdict])).toEqual([
        ['control', 'accepted'],
        ['data', 'accepted'],
      ]);
    }
  });

  test.each([
    ['another passphrase', { pkcs12: pkcs12Of(ours, passphrase), passphrase: 'wrong' }],
    ['no passphrase', { cert: ours.cert, key: encrypted(ours.key) }],
    ['the key of another', { cert: ours.cert, key: authority.issue({ commonName: 'x' }).key }],
    ['no PKCS#12', { pkcs12: Buffer.from('nonsense'), passphrase }],
  ])('that cannot be used is refused before anything is sent: %s', async (_what, clientCertificate) => {
    const refusal = open({}, { clientCertificate });
    await expect(refusal).rejects.toMatchObject({ code: 'invalid_configuration', phase: 'connect' });
    await expect(refusal).rejects.not.toMatchObject({ detail: expect.stringContaining(passphrase) });
  });
});
