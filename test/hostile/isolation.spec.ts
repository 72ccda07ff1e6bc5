import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { issueCertificate, makeAuthority, type PartnerSim, startPartnerSim } from '#apps/partner-sim';
import type { FtpsEndpoint, TlsNegotiation, TlsPolicy, TransferError } from '#domain';
import { openFtpsSession } from '#ftps';
import type { SessionObserver } from '#protocol';
import { anFtpsEndpoint } from '../support/builders.ts';
import { expectDelivered, expectRefused, expectTlsRefused } from './support/expectations.ts';
import { Stage } from './support/stage.ts';

const SESSIONS = 200;
const signal = new AbortController().signal;
/** Both servers open each other's tickets: only the client can keep them apart. */
const ticketKeys = randomBytes(48);

interface Partner {
  name: 'A' | 'B';
  sim: PartnerSim;
  password: string;
  secret: string;
  host: string;
}

let root: string;
let partners: [Partner, Partner];
let stage: Stage;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'waybill-isolation-'));
  // One authority, two certificates: A is `localhost`, B is 127.0.0.1, and neither is the other.
  partners = [await startPartner('A', 'localhost'), await startPartner('B', '127.0.0.1')];
  stage = await Stage.open();
});
afterAll(async () => {
  await Promise.all(partners.map(({ sim }) => sim.close()));
  await stage.close();
  await rm(root, { recursive: true, force: true });
});

const authority = makeAuthority({ commonName: 'Authority of both' });

async function startPartner(name: 'A' | 'B', host: string): Promise<Partner> {
  const folder = join(root, name);
  await mkdir(join(folder, 'out'), { recursive: true });
  const secret = `${name}-${randomBytes(12).toString('hex')}`;
  await writeFile(join(folder, 'out/a.csv'), secret);
  const password = `password-of-${name}-${randomBytes(8).toString('hex')}`;
  const names = host === 'localhost' ? { dnsNames: [host] } : { ipAddresses: [host] };
  const identity = {
    ...issueCertificate(authority, { commonName: `Partner ${name}`, ...names }),
    caPem: authority.certificatePem,
  };
  const sim = await startPartnerSim({
    root: folder,
    username: 'waybill',
    password,
    identity,
    tls: { ticketKeys },
  });
  return { name, sim, password, secret, host };
}

/** The very same object for every endpoint, and frozen: who writes into it fails. */
const sharedTls: TlsPolicy = Object.freeze({
  minVersion: 'TLSv1.2',
  ca: Object.freeze([authority.certificatePem]) as unknown as string[],
  pins: Object.freeze([]) as unknown as string[],
  sessionReuse: 'required',
  dataProtection: 'private',
});

function endpointOf(expected: Partner, dialled: Partner): FtpsEndpoint {
  const endpoint = anFtpsEndpoint({
    name: `${expected.name}-at-${dialled.name}`,
    host: expected.host,
    port: dialled.sim.explicitPort,
    mode: 'explicit',
    username: 'waybill',
  });
  return Object.freeze({ ...endpoint, tls: sharedTls });
}

interface Outcome {
  expected: Partner;
  dialled: Partner;
  received: string;
  error: TransferError | undefined;
  facts: TlsNegotiation[];
}

async function play(expected: Partner, dialled: Partner): Promise<Outcome> {
  const facts: TlsNegotiation[] = [];
  const observer: SessionObserver = {
    negotiated: (fact) => void facts.push(fact),
    negotiationClosed: () => undefined,
    transcript: () => undefined,
  };
  const outcome: Outcome = { expected, dialled, received: '', error: undefined, facts };
  try {
    const session = await openFtpsSession(
      { endpoint: endpointOf(expected, dialled), password: expected.password },
      observer,
      signal,
    );
    await session.list('/out', signal);
    await session.read(
      '/out/a.csv',
      (chunk) => {
        outcome.received += Buffer.from(chunk).toString();
      },
      signal,
    );
    await session.close();
  } catch (error) {
    outcome.error = error as TransferError;
  }
  return outcome;
}

describe('two partners whose certificates are swapped', () => {
  it('row 29, row 30, ftps 4.2: 200 interleaved sessions: no password, ticket or certificate crosses', async () => {
    const [a, b] = partners;
    const kinds: [Partner, Partner][] = [
      [a, a],
      [a, b],
      [b, b],
      [b, a],
    ];
    const outcomes = await Promise.all(
      Array.from({ length: SESSIONS }, (_, index) => play(...kinds[index % kinds.length]!)),
    );
    for (const { expected, dialled, received, error, facts } of outcomes) {
      if (expected === dialled) {
        expect([error, received]).toEqual([undefined, expected.secret]);
        const [control, ...data] = facts;
        expect(control).toMatchObject({ channel: 'control', resumed: false, verdict: 'accepted' });
        expect(data).toHaveLength(2);
        for (const fact of data) expect(fact).toMatchObject({ resumed: true, resumedFrom: control!.id });
      } else {
        expect([error?.code, received]).toEqual(['tls_name_mismatch', '']);
        expect(facts.map(({ verdict, resumed }) => `${verdict} ${resumed}`)).toEqual(['refused false']);
      }
    }
    for (const { sim, password } of partners) {
      const passwords = sim.commands.filter(({ verb }) => verb === 'PASS').map(({ argument }) => argument);
      expect(passwords).toEqual(Array.from({ length: SESSIONS / 4 }, () => password));
      expect(sim.handshakes.filter(({ channel, resumed }) => channel === 'control' && resumed)).toEqual([]);
      expect(sim.clearBytes().toString('latin1')).not.toMatch(/password-of/);
    }
  }, 60_000);

  it('row 29, ftps 4.2: routes of both through the product, at once: each refusal and each delivery on record', async () => {
    const names = { commonName: 'x', dnsNames: ['localhost'], ipAddresses: [] };
    const own = () => makeAuthority({ commonName: 'The same name for every authority' });
    const [forA, forB] = [own(), own()];
    const [ofA, ofB] = [issueCertificate(forA, names), issueCertificate(forB, names)];
    const sim = (identity: typeof ofA) => ({ identity: { ...identity, caPem: '' }, tls: { ticketKeys } });
    const scenes = await Promise.all(
      Array.from({ length: 5 }, () => [
        stage.pull({ sim: sim(ofA), tls: { ca: [forA.certificatePem] } }),
        stage.pull({ sim: sim(ofB), tls: { ca: [forA.certificatePem] } }),
        stage.push({ sim: sim(ofB), tls: { ca: [forB.certificatePem] } }),
        stage.push({ sim: sim(ofA), tls: { ca: [forB.certificatePem] } }),
      ]).flat(),
    );
    for (const [index, scene] of scenes.entries()) {
      if (index % 2 === 0) await expectDelivered(stage, scene);
      else {
        await expectRefused(stage, scene, 'tls_untrusted_certificate');
        expectTlsRefused(scene, 'tls_untrusted_certificate', { channel: 'control', resumed: false });
        expect(scene.verbs()).not.toContain('USER');
      }
    }
  });
});

describe('a ticket', () => {
  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'row 30: of %s does not outlive its session',
    async (maxVersion) => {
      const first = await stage.pull({ sim: { tls: { ticketKeys, maxVersion } } });
      await expectDelivered(stage, first);
      await stage.again(first);
      const control = first.sim.handshakes.filter(({ channel }) => channel === 'control');
      expect(control.map(({ resumed }) => resumed)).toEqual([false, false]);
      const data = first.sim.handshakes.filter(({ channel }) => channel === 'data');
      expect(data.every(({ resumed }) => resumed)).toBe(true);
    },
  );

  it('row 30: is worth nothing after the pin was changed', async () => {
    const first = await stage.pull({ sim: { tls: { ticketKeys } } });
    await expectDelivered(stage, first);
    const later = await stage.again(first, {
      tls: { pins: [`sha256/${randomBytes(32).toString('base64')}`] },
    });
    expect(later.run).toMatchObject({ state: 'failed', errorCode: 'tls_pin_mismatch' });
    expectTlsRefused(later, 'tls_pin_mismatch', { resumed: false, pinCheck: 'failed' });
  });

  it('ftps 4.2: and a connection are never shared by two users of one server', async () => {
    const first = await stage.pull();
    const stranger = await stage.pull({ at: first, endpoint: { username: 'stranger' } });
    expect(stranger.run).toMatchObject({ state: 'failed', errorCode: 'auth_rejected' });
    const control = first.sim.handshakes.filter(({ channel }) => channel === 'control');
    expect(control.map(({ resumed }) => resumed)).toEqual([false, false]);
  });
});
