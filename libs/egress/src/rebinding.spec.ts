import { once } from 'node:events';
import { type AddressInfo, createServer, type LookupFunction, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { FtpsEndpoint } from '#domain';
import { examineEndpoint, openFtpsSession } from '#ftps';
import { endpointAt, ScriptedServer, TestAuthority, Witness } from '#ftps/testing';
import { egressOfTests } from '../testing/index.ts';
import { Egress } from './egress.ts';
import { USUAL_RULES } from './egress-rule.ts';

/** Reliability P7: names whose owner changes what they resolve to between two questions. */

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const signal = new AbortController().signal;
const NAME = 'ftp.partner.example';
const authority = new TestAuthority();
const certificate = authority.issue({ commonName: 'partner', names: [NAME] });

/** A name server of one name: each question gets the next answer, the last one stays. */
function nameServer(...answers: readonly (readonly string[])[]) {
  let questions = 0;
  const next = () => answers[Math.min(questions++, answers.length - 1)]!;
  const lookup: LookupFunction = (_name, options, done) => {
    const found = next().map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    if (options.all) done(null, found);
    else done(null, found[0]!.address, found[0]!.family);
  };
  return {
    lookup,
    resolve: async () => next(),
    get questions() {
      return questions;
    },
  };
}

/** Somebody on this machine who must not be spoken to. */
async function bystander(): Promise<{ port: number; visitors: () => number }> {
  let visitors = 0;
  const server: Server = createServer((socket) => {
    visitors += 1;
    socket.destroy();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(async () => server.close());
  return { port: (server.address() as AddressInfo).port, visitors: () => visitors };
}

function endpoint(port: number, changes: Partial<FtpsEndpoint> = {}): FtpsEndpoint {
  return endpointAt({ port, host: NAME, tls: { ca: [authority.cert] }, endpoint: changes });
}

const usual = () => new Egress({ allow: USUAL_RULES, deny: [] });

describe('a name that resolved to a partner when it was saved', () => {
  it.each([['127.0.0.1'], ['::ffff:127.0.0.1'], ['0.0.0.0'], ['169.254.169.254']])(
    'and to %s when it is dialled, is not dialled',
    async (inside) => {
      const { port, visitors } = await bystander();
      const dns = nameServer(['1.1.1.1'], [inside]);
      const egress = new Egress({ allow: USUAL_RULES, deny: [], resolve: dns.resolve });
      expect(await egress.checkHost(NAME, port)).toEqual({ allowed: true, addresses: ['1.1.1.1'] });
      const checkDestination = await egress.destinationCheck();
      await expect(
        openFtpsSession(
          { endpoint: endpoint(port), password: 'x', lookup: dns.lookup, checkDestination },
          new Witness(),
          signal,
        ),
      ).rejects.toMatchObject({ code: 'egress_refused', phase: 'connect', retry: 'never' });
      expect(dns.questions).toBe(2);
      expect(visitors()).toBe(0);
    },
  );

  it('is dialled where it resolves to now, of one answer: there is no second question', async () => {
    const server = await ScriptedServer.start({ certificate });
    closing.push(() => server.stop());
    // Whoever looked at the first answer and let the socket ask again would get the second one.
    const dns = nameServer(['169.254.169.254', '127.0.0.1'], ['169.254.169.254']);
    const asked: string[] = [];
    const check = await egressOfTests().destinationCheck();
    const session = await openFtpsSession(
      {
        endpoint: endpoint(server.port),
        password: 'x',
        lookup: dns.lookup,
        checkDestination: (destination) => {
          asked.push(`${destination.host} ${destination.address}`);
          return check(destination);
        },
      },
      new Witness(),
      signal,
    );
    closing.push(() => session.close());
    expect(dns.questions).toBe(1);
    expect(asked).toEqual([`${NAME} 169.254.169.254`, `${NAME} 127.0.0.1`]);
    await session.list('/', signal);
    // The data connection goes to the address of the control connection, and no name is asked for again.
    expect(asked.at(-1)).toBe(`${NAME} 127.0.0.1`);
    expect(dns.questions).toBe(1);
  });

  it('is not dialled by the doctor either, who says why', async () => {
    const { port, visitors } = await bystander();
    const dns = nameServer(['127.0.0.1']);
    const { findings } = await examineEndpoint(
      {
        endpoint: endpoint(port),
        password: 'x',
        lookup: dns.lookup,
        checkDestination: await usual().destinationCheck(),
      },
      new Witness(),
      async () => {},
      signal,
    );
    expect(findings.at(-1)).toMatchObject({
      step: 'tcp',
      outcome: 'failed',
      says: expect.stringContaining(`127.0.0.1 (${NAME}), a loopback address`),
    });
    expect(visitors()).toBe(0);
  });

  it("and is a proxy's, is not dialled", async () => {
    const { port, visitors } = await bystander();
    const proxy = { kind: 'http_connect', host: 'proxy.example', port } as const;
    await expect(
      openFtpsSession(
        {
          endpoint: endpoint(21, { proxy }),
          password: 'x',
          lookup: nameServer(['127.0.0.1']).lookup,
          checkDestination: await usual().destinationCheck(),
        },
        new Witness(),
        signal,
      ),
    ).rejects.toMatchObject({ code: 'egress_refused', detail: expect.stringContaining('proxy.example') });
    expect(visitors()).toBe(0);
  });
});
