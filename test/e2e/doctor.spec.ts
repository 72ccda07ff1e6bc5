import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { latestProfile, requestProbe } from '#store';
import { anFtpsEndpoint } from '../support/builders.ts';
import { DoctorPractice, type Examined } from '../support/doctor-practice.ts';

const DAY_MS = 86_400_000;

let practice: DoctorPractice;
beforeAll(async () => {
  practice = await DoctorPractice.open();
});
afterAll(() => practice.close());
afterEach(() => practice.leavePartner());

const examine: DoctorPractice['examine'] = (wish) => practice.examine(wish);

const steps = ({ probe }: Examined) => probe.findings.map(({ step }) => step);
const failures = ({ probe }: Examined) =>
  probe.findings.filter(({ outcome }) => outcome === 'failed').map(({ step }) => step);
const leftAt = async ({ sim: { root } }: Examined) => readdir(join(root, 'in'));
const reply =
  (answers: Record<string, string>) =>
  (_: string, { verb }: { verb: string }) =>
    answers[verb] === undefined ? undefined : [`${answers[verb]}\r\n`];

describe('a good partner', () => {
  it.each(['explicit', 'implicit'] as const)(
    '%s: every step is well, and its profile is kept',
    async (mode) => {
      const examined = await examine({ mode });
      expect(examined.probe.state).toBe('done');
      expect(failures(examined)).toEqual([]);
      expect(steps(examined)).toEqual([
        ...['dns', 'tcp', 'banner', 'tls_versions', 'tls_ciphers', 'tls', 'certificate', 'authority', 'name'],
        ...['login', 'protection', 'features', 'epsv', 'pasv', 'listing', 'write', 'confirmation', 'clock'],
        ...['hash', 'resume', 'rename', 'replace', 'session_reuse', 'pipelining', 'cleanup'],
      ]);
      expect(examined.profile).toMatchObject({
        tlsVersions: ['TLSv1.2', 'TLSv1.3'],
        sessionReuse: 'demanded',
        epsv: true,
        passive: 'same_address',
        listing: 'mlsd',
        dialect: null,
        hashes: ['SHA-256'],
        restart: true,
        renameReplaces: false,
        pipelining: true,
      });
      expect(examined.profile!.ciphers[0]).toBe('TLS_AES_256_GCM_SHA384');
      expect(Math.abs(examined.profile!.clockSkewMs!)).toBeLessThan(2_000);
      expect(await latestProfile(practice.product.store.db, examined.name)).toEqual(examined.profile);
      expect(examined.logins).toBe(3);
    },
  );

  it('is left as it was: no file remains, and none of theirs is gone', async () => {
    const examined = await examine();
    expect(examined.sim.commands.filter(({ verb }) => verb === 'STOR').length).toBeGreaterThan(2);
    expect(await leftAt(examined)).toEqual(['theirs.csv']);
    expect(examined.findings['cleanup']).toMatchObject({ outcome: 'ok' });
    expect(examined.sim.sessions()).toBe(0);
  });

  it('is not written to without a folder, and is examined all the same', async () => {
    const examined = await examine({ folder: null });
    const writing = ['STOR', 'APPE', 'DELE', 'RNFR', 'MKD', 'MFMT', 'RETR'];
    expect(examined.sim.commands.filter(({ verb }) => writing.includes(verb))).toEqual([]);
    expect(examined.findings['write']?.says).toMatch(/--folder/);
    expect(examined.profile).toMatchObject({ pipelining: null, renameReplaces: null, clockSkewMs: null });
    expect(failures(examined)).toEqual([]);
  });

  it('has every handshake on record, accepted or refused, for no run', async () => {
    const { sim: seen, name } = await examine();
    const rows = await practice.product.store.db.tlsNegotiation.findMany({ where: { endpoint: name } });
    expect(rows.every(({ runId, attemptId }) => runId === null && attemptId === null)).toBe(true);
    const accepted = rows.filter(({ verdict }) => verdict === 'accepted');
    expect(accepted).toHaveLength(seen.handshakes.length);
    expect(new Set(accepted.map(({ command }) => command))).toEqual(
      new Set(['AUTH TLS', 'MLSD', 'STOR', 'RETR']),
    );
    expect(rows.every(({ closedAt, verdict }) => verdict === 'refused' || closedAt !== null)).toBe(true);
  });

  it('is an event in the audit: who examined, and what came of it', async () => {
    const { name, probe } = await examine({ folder: null });
    const events = await practice.product.store.db.auditEvent.findMany({
      where: { object: 'endpoint', objectId: name },
    });
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({
      action: 'endpoint.probed',
      actorKind: 'worker',
      details: { probe: probe.id, failed: [], error: null },
    });
  });
});

describe('the certificate', () => {
  it('expired: says so, and nobody logs in', async () => {
    const examined = await examine({
      certificate: {
        notBefore: new Date(Date.now() - 9 * DAY_MS),
        notAfter: new Date(Date.now() - 2 * DAY_MS),
      },
    });
    expect(failures(examined)).toEqual(['certificate']);
    expect(examined.findings['certificate']?.says).toMatch(/expired on \d{4}-\d\d-\d\d/);
    expect(examined.findings['name']?.outcome).toBe('ok');
    expect(examined.logins).toBe(0);
    expect(examined.sim.clearBytes().toString()).not.toContain(practice.password);
    expect(examined.profile).toBeNull();
  });

  it('about to expire: warns, and goes on', async () => {
    const examined = await examine({
      certificate: { notAfter: new Date(Date.now() + 9.5 * DAY_MS) },
      folder: null,
    });
    expect(examined.findings['certificate']).toMatchObject({ outcome: 'warning' });
    expect(examined.findings['certificate']?.says).toMatch(/9 days left/);
    expect(failures(examined)).toEqual([]);
  });

  it('of another name: says which, and what to set if the partner confirms it', async () => {
    const examined = await examine({ certificate: { dnsNames: ['ftp.other.example'] } });
    expect(failures(examined)).toEqual(['name']);
    expect(examined.findings['name']).toMatchObject({ set: { 'tls.serverName': 'ftp.other.example' } });
    expect(examined.logins).toBe(0);
  });

  it('of nobody we trust: prints the pin to confirm, and with that pin set everything works', async () => {
    const examined = await examine({ endpointTls: { ca: [] } });
    expect(failures(examined)).toEqual(['authority']);
    expect(examined.findings['authority']?.says).toMatch(/Confirm this value with the partner/);
    expect(examined.logins).toBe(0);
    const pins = examined.findings['authority']!.set!['tls.pins'] as string[];
    const { explicitPort } = examined.sim;
    await practice.product.apply(
      [
        anFtpsEndpoint({
          name: 'pinned',
          host: 'localhost',
          port: explicitPort,
          mode: 'explicit',
          username: 'waybill',
          tls: { ca: [], pins },
        }),
      ],
      [],
    );
    const { findings } = await practice.probe('pinned', '/in');
    expect(findings.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
    expect(findings.find(({ step }) => step === 'authority')?.says).toMatch(/pinned one/);
  });
});

describe('the way in', () => {
  it('a refused password is tried once, and never again', async () => {
    const examined = await examine({ password: 'another one' });
    expect(failures(examined)).toEqual(['login']);
    expect(steps(examined).at(-1)).toBe('login');
    expect(examined.findings['login']?.says).toMatch(/530/);
    expect(examined.logins).toBe(1);
    expect(JSON.stringify(examined.probe.findings)).not.toContain(practice.password);
  });

  it('a server that is full is not asked again', async () => {
    const examined = await examine({ faults: { loginReply: '421 Too many sessions.' } });
    expect(failures(examined)).toEqual(['login']);
    expect(examined.logins).toBe(1);
  });

  it('a port of the other mode is told from one that is broken', async () => {
    const examined = await examine({ mode: 'explicit', endpoint: { mode: 'implicit' } });
    expect(failures(examined)).toEqual(['banner']);
    expect(examined.findings['banner']?.set).toEqual({ mode: 'explicit' });
    expect(examined.logins).toBe(0);
  });

  it('nobody listens: says what to look at', async () => {
    const examined = await examine({ endpoint: { port: 1 } });
    expect(failures(examined)).toEqual(['tcp']);
    expect(examined.findings['tcp']?.says).toMatch(/refused the connection/);
  });

  it('a name that does not exist ends it there', async () => {
    const examined = await examine({ endpoint: { host: 'nowhere.invalid' } });
    expect(failures(examined)).toEqual(['dns']);
    expect(steps(examined)).toEqual(['dns']);
  });
});

describe('data connections', () => {
  it('without EPSV: PASV is used, and the setting says so', async () => {
    const examined = await examine({ faults: { answer: reply({ EPSV: '500 EPSV is not understood.' }) } });
    expect(examined.findings['epsv']).toMatchObject({ outcome: 'note', set: { 'passive.command': 'pasv' } });
    expect(failures(examined)).toEqual([]);
    expect(examined.profile).toMatchObject({
      epsv: false,
      passive: 'same_address',
      listing: 'mlsd',
      pipelining: true,
    });
    expect(await leftAt(examined)).toEqual(['theirs.csv']);
  });

  it.each([
    ['10.9.8.7', /NAT/],
    ['203.0.113.9', /is not the server we talk to/],
  ])('PASV states %s: nobody is dialled there', async (address, words) => {
    const examined = await examine({
      faults: {
        answer: (text, { verb }) =>
          verb === 'PASV' ? [`${text.replace(/127,0,0,1/, address.replaceAll('.', ','))}\r\n`] : undefined,
      },
    });
    expect(examined.findings['pasv']).toMatchObject({ outcome: 'note', says: expect.stringMatching(words) });
    expect(examined.profile).toMatchObject({ epsv: true, passive: 'other_address' });
    expect(failures(examined)).toEqual([]);
  });

  it('without MLSD: LIST is used, and its dialect is known', async () => {
    const examined = await examine({
      faults: {
        answer: (text, { verb }) =>
          verb === 'FEAT' ? [`${text.replace(/ MLST.*\r\n/, '')}\r\n`] : undefined,
      },
    });
    expect(examined.findings['listing']).toMatchObject({
      outcome: 'note',
      says: expect.stringMatching(/unix/),
    });
    expect(examined.profile).toMatchObject({ listing: 'list', dialect: 'unix', pipelining: true });
    expect(failures(examined)).toEqual([]);
  });

  it('a server that does not insist on reuse is told from one that does', async () => {
    const examined = await examine({ requireSessionReuse: false });
    expect(examined.findings['session_reuse']).toMatchObject({
      outcome: 'ok',
      says: expect.stringMatching(/does not insist/),
    });
    expect(examined.profile?.sessionReuse).toBe('offered');
  });

  it('an endpoint that never resumes fails at a server that insists, and is told what to set', async () => {
    const examined = await examine({ endpointTls: { sessionReuse: 'off' } });
    expect(failures(examined)).toEqual(['session_reuse']);
    expect(examined.findings['session_reuse']?.set).toEqual({ 'tls.sessionReuse': 'required' });
  });

  it('a server that never resumes fails an endpoint that demands it, and is told what to set', async () => {
    const examined = await examine({ requireSessionReuse: false, faults: { dataChannel: 'no_resumption' } });
    expect(failures(examined)).toEqual(['session_reuse']);
    expect(examined.findings['session_reuse']?.set).toEqual({ 'tls.sessionReuse': 'preferred' });
    expect(examined.profile?.sessionReuse).toBe('never');
  });

  it('a server that answers out of order is not sent commands ahead', async () => {
    let owed = '';
    const examined = await examine({
      endpoint: { pipelining: true },
      faults: {
        *answer(text, { verb }) {
          // The second NOOP of a pair is swallowed, as by a server that reads one command per segment.
          const swallowed = verb === 'NOOP' && owed === 'NOOP';
          owed = verb;
          yield swallowed ? '500 What?\r\n' : `${text}\r\n`;
        },
      },
    });
    expect(failures(examined)).toEqual(['pipelining']);
    expect(examined.findings['pipelining']?.set).toEqual({ pipelining: false });
    expect(examined.profile?.pipelining).toBe(false);
  });
});

describe('a folder', () => {
  it('that may not be written to fails that step, and the others go on', async () => {
    const examined = await examine({ readOnly: true });
    expect(failures(examined)).toEqual(['write']);
    expect(examined.findings['write']?.says).toMatch(/550 Permission denied/);
    expect(examined.findings['session_reuse']?.outcome).toBe('ok');
    expect(examined.profile).toMatchObject({ pipelining: null, renameReplaces: null });
    expect(await leftAt(examined)).toEqual(['theirs.csv']);
  });

  it('that does not exist fails what needs it, and nothing is guessed from that', async () => {
    const examined = await examine({ folder: '/nowhere' });
    expect(failures(examined)).toEqual(['listing', 'write']);
    expect(examined.profile).toMatchObject({
      epsv: true,
      listing: null,
      pipelining: null,
      sessionReuse: null,
    });
    expect(examined.findings['cleanup']).toMatchObject({ outcome: 'ok' });
  });

  it('where renaming replaces is told apart', async () => {
    const examined = await examine({ renameReplaces: true });
    expect(examined.profile?.renameReplaces).toBe(true);
    expect(await leftAt(examined)).toEqual(['theirs.csv']);
  });

  it.each([
    ['renaming is refused', { renameReply: '550 No.' }],
    ['the connection dies before the rename', { dieAtRename: 'before' }],
    ['the connection dies after the rename', { dieAtRename: 'after' }],
    ['the disk is full', { diskFullAfterBytes: 10_000 }],
    ['uploads are cut', { keepUploadBytes: 100 }],
  ] as const)('is left clean when %s', async (_, faults) => {
    const examined = await examine({ faults });
    expect(examined.probe.state).toBe('done');
    expect(await leftAt(examined)).toEqual(['theirs.csv']);
    expect(examined.findings['cleanup']).toMatchObject({ outcome: 'ok' });
    expect(examined.logins).toBeLessThanOrEqual(6);
  });

  it('from which nothing can be removed: the doctor names what it had to leave', async () => {
    const examined = await examine({ faults: { answer: reply({ DELE: '550 Not yours.' }) } });
    // The answer lies: the simulator has deleted them. What counts is that the doctor believes the server.
    expect(failures(examined)).toEqual(['cleanup']);
    expect(examined.findings['cleanup']?.says).toMatch(/\.waybill-doctor-[0-9a-f]{12}\.part.*delete by hand/);
  });

  it('whose uploads are confirmed before they are over is warned about', async () => {
    const examined = await examine({ faults: { finalReply: 'early' } });
    expect(examined.findings['confirmation']).toMatchObject({ outcome: 'warning' });
  });
});

describe('a worker', () => {
  it('that is stopped in the middle removes its files, and says why the examination has no end', async () => {
    const slow = { answer: (text: string) => [{ pauseMs: 60 }, `${text}\r\n`] };
    const under = examine({ faults: slow });
    const begun = async () =>
      (await practice.product.store.db.probe.findFirst({ where: { endpoint: practice.current } }))?.findings;
    await expect
      .poll(begun, { timeout: 30_000, interval: 20 })
      .toContainEqual(expect.objectContaining({ step: 'write', outcome: 'ok' }));
    expect((await readdir(join(practice.product.home, practice.current, 'in'))).length).toBeGreaterThan(1);
    await practice.product.workers.shift()!.close();
    practice.product.addWorker();
    const examined = await under;
    expect(examined.probe).toMatchObject({ state: 'failed', error: { code: 'shutting_down' } });
    expect(await leftAt(examined)).toEqual(['theirs.csv']);
  });
});

describe('a request', () => {
  it('for an endpoint under examination, or examined a moment ago, is refused in words', async () => {
    const wish = { endpoint: 'asked-twice', requestedBy: 'test', folder: null };
    const ask = () => practice.product.store.transaction((tx) => requestProbe(tx, wish));
    const { id } = await ask();
    await expect(ask()).rejects.toThrow(/already/);
    expect((await practice.finished(id)).error).toMatchObject({ code: 'invalid_configuration' });
    await expect(ask()).rejects.toThrow(/Ask again in \d+ s/);
  });
});
