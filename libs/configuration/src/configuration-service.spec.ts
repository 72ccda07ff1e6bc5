import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Configuration } from '#contract';
import type { Endpoint, FtpsEndpoint, LocalEndpoint } from '#domain';
import { EVERYTHING, openStore, readConfiguration, type Store, searchConfigurationChanges } from '#store';
import { startTestDatabase, type TestDatabase } from '#store/testing';
import { type Author, ConfigurationRefused, ConfigurationService, entityTag } from './index.ts';

const AUTHOR: Author = { ...EVERYTHING, actor: { kind: 'user', name: 'test' } };

let database: TestDatabase;
let store: Store;
let dialled: string[];
let service: ConfigurationService;
beforeAll(async () => {
  database = await startTestDatabase();
  store = await openStore({ url: database.appUrl });
});
afterAll(async () => {
  await store.close();
  await database.stop();
});
let number = 0;
let fresh: string;
beforeEach(() => {
  fresh = `x${++number}`;
  dialled = [];
  service = new ConfigurationService(store, {
    validateEncoding: () => undefined,
    allowedLegacyPolicies: [],
    fourEyes: false,
    hostProblem: (host, port, { byProxy }) => {
      dialled.push(`${host}:${port}${byProxy ? ' by proxy' : ''}`);
      return host.startsWith('169.254.') ? 'is a link-local address' : undefined;
    },
    rootProblem: (root, saidBy) =>
      root === '/ours' || (saidBy === 'request' && root !== '/srv') ? 'is not for files' : undefined,
  });
});

function server(more: Partial<FtpsEndpoint> = {}): FtpsEndpoint {
  return {
    name: fresh,
    protocol: 'ftps',
    mode: 'explicit',
    host: 'ftp.example',
    port: 21,
    username: 'waybill',
    password: { secret: 'p' },
    tls: { minVersion: 'TLSv1.2', ca: [], pins: [], sessionReuse: 'required', dataProtection: 'private' },
    passive: { addressPolicy: 'control_host' },
    maxSessions: 4,
    encoding: 'utf8',
    ...more,
  };
}

const file = (...endpoints: Endpoint[]): Configuration => ({
  partners: [],
  endpoints,
  calendars: [],
  routes: [],
  channels: [],
});

async function stored(): Promise<FtpsEndpoint | undefined> {
  const { endpoints } = await readConfiguration(store.db);
  return endpoints.find(({ name }) => name === fresh) as FtpsEndpoint | undefined;
}

const refusal = (act: Promise<unknown>) =>
  act.then(
    () => undefined,
    (error: unknown) => {
      expect(error).toBeInstanceOf(ConfigurationRefused);
      return error as ConfigurationRefused;
    },
  );

describe('a folder of this machine', () => {
  const folder = (root: string): LocalEndpoint => ({ name: fresh, protocol: 'local', root, maxSessions: 16 });
  const refused = { problems: [{ path: 'root', message: 'is not for files' }] };

  it('is asked about, whoever names it', async () => {
    expect(await refusal(service.create(AUTHOR, 'endpoint', { ...folder('/else') }))).toMatchObject(refused);
    expect(await refusal(service.apply(AUTHOR, file(folder('/ours')), 'x'))).toMatchObject({
      problems: [{ path: `endpoints.${fresh}.root`, message: 'is not for files' }],
    });
    expect(await stored()).toBeUndefined();
    await service.apply(AUTHOR, file(folder('/else')), 'x');
    expect(await stored()).toMatchObject({ root: '/else' });
  });

  it('that a file has named stays when a request changes something else', async () => {
    await service.apply(AUTHOR, file(folder('/else')), 'x');
    await service.change(AUTHOR, 'endpoint', fresh, { maxSessions: 3 }, entityTag((await stored())!));
    expect(await stored()).toMatchObject({ root: '/else', maxSessions: 3 });
    const tag = entityTag((await stored())!);
    expect(await refusal(service.change(AUTHOR, 'endpoint', fresh, { root: '/other' }, tag))).toMatchObject(
      refused,
    );
    await service.change(AUTHOR, 'endpoint', fresh, { root: '/srv' }, tag);
    expect(await stored()).toMatchObject({ root: '/srv', maxSessions: 3 });
  });

  it('is not named by who reaches certain partners only: it may be another one’s', async () => {
    await service.create(AUTHOR, 'partner', { name: fresh });
    const limited: Author = { ...AUTHOR, partners: [fresh] };
    const own = { ...folder('/srv'), partner: fresh };
    expect(await refusal(service.create(limited, 'endpoint', own))).toMatchObject({
      problems: [{ path: 'root', message: 'folders of this machine are named by who reaches every partner' }],
    });
    await service.create(AUTHOR, 'endpoint', own);
    const tag = entityTag((await stored())!);
    expect(
      (await refusal(service.change(limited, 'endpoint', fresh, { root: '/srv/b' }, tag)))?.problems,
    ).toHaveLength(1);
    await service.change(limited, 'endpoint', fresh, { maxSessions: 2 }, tag);
    expect(await stored()).toMatchObject({ root: '/srv', maxSessions: 2 });
  });
});

describe('a file', () => {
  it('is applied with its history, once', async () => {
    const outcome = await service.apply(AUTHOR, file(server()), 'exchange.yaml');
    expect(outcome).toMatchObject({
      state: 'applied',
      changes: [{ kind: 'create', noun: 'endpoint', name: fresh }],
    });
    expect(await service.apply(AUTHOR, file(server()), 'exchange.yaml')).toEqual({
      state: 'applied',
      changes: [],
    });
    const { items } = await searchConfigurationChanges(store.db, EVERYTHING, { name: fresh });
    expect(items).toMatchObject([{ kind: 'create', origin: 'exchange.yaml', actor: AUTHOR.actor }]);
    const events = await store.db.auditEvent.findMany({
      where: { action: 'configuration.applied', objectId: 'exchange.yaml' },
    });
    expect(events).toHaveLength(1);
  });

  it('names the credentials of what it moves, so that they stay', async () => {
    await service.apply(AUTHOR, file(server()), 'exchange.yaml');
    await service.apply(AUTHOR, file(server({ host: 'new.example' })), 'exchange.yaml');
    expect(await stored()).toMatchObject({ host: 'new.example', password: { secret: 'p' } });
  });

  it('with a host that may not be dialled is refused as a whole, naming every one', async () => {
    const proxy = { kind: 'socks5', host: '169.254.1.1', port: 1080 } as const;
    const fine = server({ name: `${fresh}-fine` });
    const error = await refusal(
      service.apply(
        AUTHOR,
        file(fine, server({ host: '169.254.169.254' }), server({ name: `${fresh}-b`, proxy })),
        'x',
      ),
    );
    expect(error?.problems).toEqual([
      { path: `endpoints.${fresh}.host`, message: 'is a link-local address' },
      { path: `endpoints.${fresh}-b.proxy.host`, message: 'is a link-local address' },
    ]);
    expect(dialled).toContain('ftp.example:21 by proxy');
    expect(
      (await readConfiguration(store.db)).endpoints.filter(({ name }) => name.startsWith(fresh)),
    ).toEqual([]);
  });

  it('waits for a name server without holding up anybody else, and is judged anew after that', async () => {
    await service.apply(AUTHOR, file(server()), 'x');
    const { promise: asked, resolve: sayAsked } = Promise.withResolvers<void>();
    const { promise: answered, resolve: answer } = Promise.withResolvers<undefined>();
    const slow = new ConfigurationService(store, {
      validateEncoding: () => undefined,
      allowedLegacyPolicies: [],
      fourEyes: false,
      hostProblem: () => {
        sayAsked();
        return answered;
      },
    });
    const tag = entityTag((await stored())!);
    const late = refusal(slow.change(AUTHOR, 'endpoint', fresh, { host: 'slow.example' }, tag));
    await asked;
    // The lock is free: another change of the same object goes through meanwhile.
    await service.change(AUTHOR, 'endpoint', fresh, { maxSessions: 2 }, tag);
    answer(undefined);
    expect(await late).toMatchObject({ code: 'precondition_failed' });
    expect(await stored()).toMatchObject({ host: 'ftp.example', maxSessions: 2 });
  });

  it('is written with no host that was not asked about, though it came in between', async () => {
    await service.apply(AUTHOR, file(server()), 'x');
    const asked: string[] = [];
    const crossed = new ConfigurationService(store, {
      validateEncoding: () => undefined,
      allowedLegacyPolicies: [],
      fourEyes: false,
      hostProblem: async (host) => {
        asked.push(host);
        if (asked.length === 1)
          await service.change(AUTHOR, 'endpoint', fresh, { host: 'moved.example' }, '*');
        return host === 'moved.example' ? 'is not to be dialled' : undefined;
      },
    });
    const error = await refusal(crossed.change(AUTHOR, 'endpoint', fresh, { maxSessions: 7 }, '*'));
    expect(asked).toEqual(['ftp.example', 'moved.example']);
    expect(error?.problems).toEqual([{ path: 'host', message: 'is not to be dialled' }]);
    expect((await stored())?.maxSessions).toBe(4);
  });

  it('is given up where somebody moves the same endpoint again and again', async () => {
    await service.apply(AUTHOR, file(server()), 'x');
    let moves = 0;
    const chased = new ConfigurationService(store, {
      validateEncoding: () => undefined,
      allowedLegacyPolicies: [],
      fourEyes: false,
      hostProblem: async () => {
        await service.change(AUTHOR, 'endpoint', fresh, { host: `host-${++moves}.example` }, '*');
        return undefined;
      },
    });
    expect(await refusal(chased.change(AUTHOR, 'endpoint', fresh, { maxSessions: 7 }, '*'))).toMatchObject({
      code: 'unavailable',
    });
    expect(await stored()).toMatchObject({ host: `host-${moves}.example`, maxSessions: 4 });
  });

  it('asks only about the hosts of what changes', async () => {
    await service.apply(AUTHOR, file(server()), 'x');
    dialled = [];
    await service.apply(AUTHOR, file(server(), server({ name: `${fresh}-b`, host: 'other.example' })), 'x');
    expect(dialled).toEqual(['other.example:21']);
  });

  it('of somebody who does not reach all of it changes nothing', async () => {
    const limited: Author = { ...AUTHOR, partners: ['acme'] };
    expect(await refusal(service.apply(limited, file(server()), 'x'))).toMatchObject({ code: 'forbidden' });
    expect(await stored()).toBeUndefined();
  });
});

describe('files and requests together', () => {
  it('see each other: a request on what a file has just changed is refused', async () => {
    await service.apply(AUTHOR, file(server()), 'x');
    const tag = entityTag(server());
    await service.apply(AUTHOR, file(server({ maxSessions: 9 })), 'x');
    expect(
      await refusal(service.change(AUTHOR, 'endpoint', fresh, { encoding: 'latin1' }, tag)),
    ).toMatchObject({
      code: 'precondition_failed',
    });
  });

  it('never mix: of twenty at once each is whole, and the history tells them in one order', async () => {
    await service.apply(AUTHOR, file(server()), 'x');
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        index % 2 === 0
          ? service.apply(AUTHOR, file(server({ maxSessions: 100 + index, username: `u${index}` })), 'x')
          : service.change(
              AUTHOR,
              'endpoint',
              fresh,
              { maxSessions: 100 + index, username: `u${index}` },
              '*',
            ),
      ),
    );
    const last = await stored();
    expect(last?.username).toBe(`u${last!.maxSessions - 100}`);
    const { items } = await searchConfigurationChanges(store.db, EVERYTHING, { name: fresh });
    expect(items).toHaveLength(21);
    for (const [index, { before }] of items.slice(0, -1).entries())
      expect(before).toEqual(items[index + 1]!.after);
  });
});

describe('the history', () => {
  it('and the audit are written with the change, or there is no change', async () => {
    const failing: Store = {
      ...store,
      transaction: (act) =>
        store.transaction(async (tx) => {
          await act(tx);
          throw new Error('the commit does not come');
        }),
    };
    const broken = new ConfigurationService(failing, {
      validateEncoding: () => undefined,
      allowedLegacyPolicies: [],
      fourEyes: false,
    });
    await expect(broken.apply(AUTHOR, file(server()), 'x')).rejects.toThrow('does not come');
    expect(await stored()).toBeUndefined();
    expect((await searchConfigurationChanges(store.db, EVERYTHING, { name: fresh })).items).toEqual([]);
  });
});

describe('approvals', () => {
  it('of another part take effect by what that part has registered, once and in one transaction', async () => {
    const { approvals } = new ConfigurationService(store, {
      validateEncoding: () => undefined,
      allowedLegacyPolicies: [],
      fourEyes: true,
    });
    let fails = true;
    approvals.register('role', async (tx, { payload }) => {
      await tx.partner.create({ data: { name: (payload as { name: string }).name } });
      if (fails) throw new Error('refused after all');
    });
    const approval = await store.transaction((tx) =>
      approvals.request(tx, {
        kind: 'role',
        requestedBy: AUTHOR.actor,
        partners: [],
        summary: 'make an admin',
        changes: [],
        payload: { name: fresh },
      }),
    );
    const second: Author = { ...EVERYTHING, actor: { kind: 'user', name: 'second' } };
    await expect(approvals.approve(second, approval.id, '')).rejects.toThrow('refused after all');
    expect(await approvals.find(EVERYTHING, approval.id)).toMatchObject({ state: 'pending' });
    expect(await store.db.partner.count({ where: { name: fresh } })).toBe(0);
    fails = false;
    expect(await approvals.approve(second, approval.id, 'fine')).toMatchObject({ state: 'approved' });
    expect(await store.db.partner.count({ where: { name: fresh } })).toBe(1);
  });

  it('of a host ask about it before anything is locked', async () => {
    const { promise: asked, resolve: sayAsked } = Promise.withResolvers<void>();
    const { promise: answered, resolve: answer } = Promise.withResolvers<undefined>();
    let mayAnswer = true;
    const careful = new ConfigurationService(store, {
      validateEncoding: () => undefined,
      allowedLegacyPolicies: [],
      fourEyes: true,
      hostProblem: () => {
        if (mayAnswer) return undefined;
        sayAsked();
        return answered;
      },
    });
    const outcome = await careful.apply(AUTHOR, file(server()), 'x');
    if (outcome.state !== 'pending') throw new Error('it was applied');
    mayAnswer = false;
    const second: Author = { ...EVERYTHING, actor: { kind: 'user', name: 'second' } };
    const approving = careful.approvals.approve(second, outcome.approval.id, '');
    await asked;
    await service.create(AUTHOR, 'partner', { name: fresh });
    expect(await stored()).toBeUndefined();
    answer(undefined);
    expect(await approving).toMatchObject({ state: 'approved' });
    expect(await stored()).toMatchObject({ host: 'ftp.example' });
  });

  it('of a kind that nobody takes up are not asked for', async () => {
    const request = {
      kind: 'nothing',
      requestedBy: AUTHOR.actor,
      partners: [],
      summary: '',
      changes: [],
      payload: {},
    };
    await expect(store.transaction((tx) => service.approvals.request(tx, request))).rejects.toThrow(
      'Nobody takes up',
    );
  });
});
