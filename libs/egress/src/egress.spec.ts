import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import { Egress, type EgressOptions } from './egress.ts';
import { readRule, USUAL_RULES } from './egress-rule.ts';
import { serviceOfUrl } from './own-services.ts';

/** Answers that change from question to question; the last one stays. */
function names(answers: Record<string, readonly (readonly string[])[]>) {
  const asked: string[] = [];
  const resolve = async (name: string) => {
    const rounds = answers[name];
    const round = asked.filter((earlier) => earlier === name).length;
    asked.push(name);
    const found = rounds?.[Math.min(round, rounds.length - 1)];
    if (!found) throw Object.assign(new Error(name), { code: 'ENOTFOUND' });
    return found;
  };
  return { asked, resolve };
}

const egress = (more: Partial<EgressOptions> = {}) => new Egress({ allow: USUAL_RULES, deny: [], ...more });
const rule = (text: string) => {
  const read = readRule(text);
  if ('problem' in read) throw new Error(read.problem);
  return read;
};

describe('checking a host', () => {
  it('hands out the addresses that it checked, of one look-up', async () => {
    const { asked, resolve } = names({
      'ftp.partner.example': [['1.1.1.1', '2606:4700::1111'], ['127.0.0.1']],
    });
    expect(await egress({ resolve }).checkHost('ftp.partner.example', 990)).toEqual({
      allowed: true,
      addresses: ['1.1.1.1', '2606:4700::1111'],
    });
    expect(asked).toEqual(['ftp.partner.example']);
  });

  it('hands out those alone that may be dialled', async () => {
    const { resolve } = names({ 'ftp.partner.example': [['127.0.0.1', '1.1.1.1', '169.254.169.254']] });
    expect(await egress({ resolve }).checkHost('ftp.partner.example', 990)).toEqual({
      allowed: true,
      addresses: ['1.1.1.1'],
    });
  });

  it('refuses a name all of whose addresses are refused', async () => {
    const { resolve } = names({ 'ftp.partner.example': [['127.0.0.1', '::1']] });
    expect(await egress({ resolve }).checkHost('ftp.partner.example', 990)).toEqual({
      allowed: false,
      because: expect.stringContaining('127.0.0.1 (ftp.partner.example), a loopback address'),
    });
  });

  it.each(['127.0.0.1', '0x7f.1', '[::ffff:127.0.0.1]', '169.254.169.254', 'no host', '010.0.0.1'])(
    'refuses %s without asking a name server',
    async (host) => {
      const { asked, resolve } = names({});
      expect(await egress({ resolve }).checkHost(host, 443)).toMatchObject({ allowed: false });
      expect(asked).toEqual([]);
    },
  );

  it('lets a name pass that does not resolve here, but not one that is known without resolving', async () => {
    const { resolve } = names({});
    const closed = egress({ resolve, allow: [rule('10.0.0.0/8')], deny: [rule('*.rival.example')] });
    expect(await closed.checkHost('only.at.the.worker.example', 21)).toEqual({
      allowed: true,
      addresses: [],
    });
    expect(await closed.checkHost('ftp.rival.example', 21)).toMatchObject({ allowed: false });
    expect(await closed.checkHost('localhost', 21)).toMatchObject({ allowed: false });
  });

  it('tells who is limited nothing about a name: one inside, one refused and one that is not there are the same', async () => {
    const { resolve } = names({ 'in.corp.example': [['10.1.2.3']], 'me.corp.example': [['127.0.0.1']] });
    const asked = async (host: string) =>
      JSON.stringify(await egress({ resolve }).checkHost(host, 443, { publicOnly: true })).replace(host, '');
    const said = await Promise.all(['in', 'me', 'no'].map((name) => asked(`${name}.corp.example`)));
    expect(said[0]).toContain('"allowed":false');
    expect(new Set(said).size).toBe(1);
  });

  it('judges a host that a proxy will resolve by its name', async () => {
    const { asked, resolve } = names({ 'ftp.partner.example': [['127.0.0.1']] });
    const one = egress({ resolve, deny: [rule('*.rival.example')] });
    const byProxy = (host: string) => one.checkHost(host, 21, { byProxy: true });
    expect(await byProxy('ftp.partner.example')).toEqual({ allowed: true, addresses: [] });
    for (const host of ['127.1', 'localhost', 'metadata.google.internal', 'ftp.rival.example'])
      expect([host, await byProxy(host)]).toMatchObject([host, { allowed: false }]);
    expect(asked).toEqual([]);
  });
});

describe('what Waybill itself runs on', () => {
  const everything = ['public', 'private', 'loopback'].map(rule);

  it('is refused under every address of its name, whatever is allowed', async () => {
    const { resolve } = names({ postgres: [['172.18.0.3']], 'db.evil.example': [['172.18.0.3']] });
    const ownServices = [serviceOfUrl('the database', 'postgresql://waybill:x@postgres/waybill', 5432)];
    const one = egress({ allow: everything, resolve, ownServices });
    for (const host of ['postgres', 'POSTGRES.', '172.18.0.3', '::ffff:172.18.0.3', 'db.evil.example'])
      expect([host, await one.checkHost(host, 5432)]).toEqual([
        host,
        { allowed: false, because: expect.stringContaining('the database of this installation') },
      ]);
    expect(await one.checkHost('172.18.0.3', 21)).toMatchObject({ allowed: true });
    expect(await one.checkHost('172.18.0.4', 5432)).toMatchObject({ allowed: true });
  });

  it('on this machine is refused under each of its addresses', async () => {
    const own = Object.values(networkInterfaces()).flatMap(
      (list) => list?.map(({ address }) => address) ?? [],
    );
    const ownServices = [serviceOfUrl('the queue', 'redis://127.0.0.1', 6379)];
    const check = await egress({ allow: everything, ownServices }).destinationCheck();
    for (const host of ['127.0.0.1', '127.0.0.2', '::1', '0.0.0.0', 'localhost', ...own])
      expect([host, check({ host, address: undefined, port: 6379, channel: 'data' })]).toEqual([
        host,
        expect.stringContaining('the queue of this installation'),
      ]);
    expect(check({ host: '127.0.0.1', address: undefined, port: 6380, channel: 'control' })).toBeUndefined();
  });

  it('keeps its last known address while its name cannot be resolved', async () => {
    const { resolve } = names({ redis: [['172.18.0.9']] });
    let broken = false;
    const flaky = async (name: string) => {
      if (broken) throw new Error('SERVFAIL');
      return resolve(name);
    };
    const ownServices = [serviceOfUrl('the queue', 'redis://redis', 6379)];
    const one = egress({ allow: everything, resolve: flaky, ownServices });
    await one.destinationCheck();
    broken = true;
    const check = await one.destinationCheck();
    expect(check({ host: 'x', address: '172.18.0.9', port: 6379, channel: 'control' })).toContain(
      'the queue',
    );
  });

  it('behind a socket of the file system has no address', () => {
    expect(serviceOfUrl('the database', 'postgresql:///waybill?host=/run/postgresql', 5432)).toBeUndefined();
  });
});
