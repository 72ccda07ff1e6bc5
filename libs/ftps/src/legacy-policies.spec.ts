import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import type { FtpsEndpoint, LegacyPolicy } from '#domain';
import {
  answer,
  authority,
  closeWhatWasOpened,
  file,
  ignore,
  open,
  signal,
} from '../testing/scripted-sessions.ts';

closeWhatWasOpened();

const clearData = { dataProtection: 'clear' as const };
const ccc = { clearCommandChannel: true };

async function roundTrip(session: Awaited<ReturnType<typeof open>>['session'], bytes: Buffer) {
  const chunks: Buffer[] = [];
  await session.read('/a', (chunk) => void chunks.push(Buffer.from(chunk)), signal);
  expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
  const writer = await session.openWrite('/b', signal);
  await writer.write(bytes);
  await writer.finish();
}

test.each<[LegacyPolicy, Partial<FtpsEndpoint> & { mode?: 'plain' }]>([
  ['plain_ftp', { mode: 'plain', protocol: 'ftp' }],
  ['clear_data', { tls: { ...base(), ...clearData } }],
  ['clear_command_channel', { tls: { ...base(), ...ccc } }],
  ['auth_ssl', { tls: { ...base(), auth: ['TLS', 'SSL'] } }],
  ['auth_tls_c', { tls: { ...base(), auth: ['TLS-C'] } }],
])('%s is refused before a byte is sent unless it is allowed', async (policy, endpoint) => {
  await expect(open({}, { endpoint })).rejects.toMatchObject({
    code: 'invalid_configuration',
    detail: expect.stringContaining(policy),
  });
});

function base(): FtpsEndpoint['tls'] {
  return {
    minVersion: 'TLSv1.2',
    ca: [authority.cert],
    pins: [],
    sessionReuse: 'required',
    dataProtection: 'private',
  };
}

test('plain FTP: every connection is on record as unprotected, by name of the policy', async () => {
  const bytes = randomBytes(70_000);
  const { session, server, witness } = await open(
    { mode: 'plain', files: file('/a', bytes) },
    { mode: 'plain', allowLegacy: ['plain_ftp'] },
  );
  await roundTrip(session, bytes);
  expect(server.files.get('/b')!.equals(bytes)).toBe(true);
  expect(server.commands.some((command) => /^(AUTH|PBSZ|PROT)/.test(command))).toBe(false);
  expect(witness.negotiations.map(({ channel, command }) => [channel, command])).toEqual([
    ['control', '(plain)'],
    ['data', 'RETR'],
    ['data', 'STOR'],
  ]);
  for (const fact of witness.negotiations)
    expect(fact).toMatchObject({
      verdict: 'unprotected',
      legacyPolicy: 'plain_ftp',
      mode: 'plain',
      protocol: null,
      cipher: null,
      error: null,
    });
  await session.close();
  expect(witness.closings).toHaveLength(3);
});

test('PROT C: commands private, data in clear and on record', async () => {
  const bytes = randomBytes(70_000);
  const { session, server, witness } = await open(
    { files: file('/a', bytes) },
    { tls: clearData, allowLegacy: ['clear_data'] },
  );
  await roundTrip(session, bytes);
  expect(server.commands).toContain('PROT C');
  expect(server.clearText).not.toContain('hunter2');
  expect(witness.negotiations.map(({ verdict, legacyPolicy }) => [verdict, legacyPolicy])).toEqual([
    ['accepted', null],
    ['unprotected', 'clear_data'],
    ['unprotected', 'clear_data'],
  ]);
});

test.each(['TLSv1.2', 'TLSv1.3'] as const)(
  'CCC: password and data private, later commands in clear and on record (%s)',
  async (version) => {
    const bytes = randomBytes(70_000);
    const { session, server, witness } = await open(
      { files: file('/a', bytes), versions: { minVersion: version, maxVersion: version } },
      { tls: ccc, allowLegacy: ['clear_command_channel'] },
    );
    await roundTrip(session, bytes);
    expect(server.clearText).not.toContain('hunter2');
    expect(server.clearText).toContain('RETR /a\r\n');
    expect(
      witness.negotiations.map(({ channel, command, verdict, legacyPolicy }) => [
        channel,
        command,
        verdict,
        legacyPolicy,
      ]),
    ).toEqual([
      ['control', 'AUTH TLS', 'accepted', null],
      ['control', 'CCC', 'unprotected', 'clear_command_channel'],
      ['data', 'RETR', 'accepted', null],
      ['data', 'STOR', 'accepted', null],
    ]);
    expect(witness.negotiations.at(-1)!.resumed).toBe(true);
  },
);

test('a server that refuses CCC is left alone', async () => {
  await expect(
    open({ answer: answer({ CCC: '534 no' }) }, { tls: ccc, allowLegacy: ['clear_command_channel'] }),
  ).rejects.toMatchObject({ code: 'invalid_configuration', phase: 'negotiate' });
});

test('AUTH SSL is tried where AUTH TLS is unknown, and the record says so', async () => {
  const onlySsl = (verb: string, argument: string) =>
    verb === 'AUTH' && argument === 'TLS' ? '504 unknown' : undefined;
  const { witness, session } = await open(
    { answer: onlySsl, files: file('/a', randomBytes(10)) },
    { tls: { auth: ['TLS', 'SSL'] }, allowLegacy: ['auth_ssl'] },
  );
  await session.read('/a', ignore, signal);
  expect(witness.negotiations.map(({ command, legacyPolicy }) => [command, legacyPolicy])).toEqual([
    ['AUTH SSL', 'auth_ssl'],
    ['RETR', 'auth_ssl'],
  ]);
});

test('HOST comes before AUTH; ACCT answers 332 and is never shown', async () => {
  const { server, witness } = await open(
    { answer: answer({ HOST: '220 welcome to it', PASS: '332 account?', ACCT: '230 in' }) },
    { endpoint: { virtualHost: 'files.partner.test' }, account: 'cost-centre-7' },
  );
  expect(server.commands.slice(0, 2)).toEqual(['HOST files.partner.test', 'AUTH TLS']);
  expect(server.commands).toContain('ACCT cost-centre-7');
  expect(witness.lines.join('\n')).not.toContain('cost-centre-7');
});
