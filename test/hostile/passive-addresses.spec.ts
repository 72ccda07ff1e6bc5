import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectDelivered, expectRefused } from './support/expectations.ts';
import { answerTo, elsewhere } from './support/scripts.ts';
import { Stage } from './support/stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage.close());

const ADVERTISED = { addressPolicy: 'advertised' } as const;

describe('the address of PASV', () => {
  it.each([
    '10.9.8.7',
    '192.168.1.1',
    '127.0.0.2',
    '169.254.169.254',
    '203.0.113.9',
    '0.0.0.0',
    '255.255.255.255',
  ])(
    'row 07, ftps 4.3: %s is ignored, the control peer is dialled, and the difference is on record',
    async (address) => {
      const scene = await stage.pull({ faults: elsewhere(address) });
      await expectDelivered(stage, scene);
      expect(scene.transcript).toContain(`advertised data address ${address} ignored: 127.0.0.1 is dialled`);
      const data = scene.negotiations.filter(({ channel }) => channel === 'data');
      expect(data.length).toBeGreaterThan(1);
      expect(data.every((row) => row.remoteAddress!.startsWith('127.0.0.1:'))).toBe(true);
    },
  );

  it.each(['169.254.169.254', '0.0.0.0', '0.1.2.3', '224.0.0.1', '240.0.0.1', '255.255.255.255'])(
    'row 07, ftps 4.3: %s is refused even where advertised addresses are followed',
    async (address) => {
      const scene = await stage.pull({ faults: elsewhere(address), endpoint: { passive: ADVERTISED } });
      await expectRefused(stage, scene, 'protocol_violation');
      expect(scene.run.errorDetail).toContain(address);
    },
  );

  it('row 07, ftps 4.3: an address outside of the allowed networks is refused', async () => {
    const scene = await stage.pull({
      faults: elsewhere('127.0.0.2'),
      endpoint: { passive: { addressPolicy: 'advertised', advertisedNetworks: ['192.0.2.0/24'] } },
    });
    await expectRefused(stage, scene, 'protocol_violation');
  });

  it('row 07: an address inside of the allowed networks is dialled', async () => {
    const scene = await stage.pull({
      faults: { dataHost: '127.0.0.2' },
      endpoint: { passive: { ...ADVERTISED, advertisedNetworks: ['127.0.0.0/29'] } },
    });
    await expectDelivered(stage, scene);
    const data = scene.negotiations.filter(({ channel }) => channel === 'data');
    expect(data.every((row) => row.remoteAddress!.startsWith('127.0.0.2:'))).toBe(true);
  });

  it.each([
    '227 (127,0,0,1,256,1)',
    '227 (127,0,0,256,200,1)',
    '227 (127,0,0,-1,200,1)',
    '227 (127,0,0,1,200)',
    '227 (127,0,0,1,200,1,7)',
    '227 (127.0.0.1:51201)',
    '227 (7f,0,0,1,200,1)',
    '227 ok',
    '228 (127,0,0,1,200,1)',
  ])('ftps 4.3: %s is no address', async (reply) => {
    const scene = await stage.pull({
      faults: {
        answer: (_, { verb }) =>
          verb === 'EPSV' ? ['500 No.\r\n'] : verb === 'PASV' ? [`${reply}\r\n`] : undefined,
      },
    });
    expect(scene.run.state).toBe('failed');
    await expectRefused(
      stage,
      scene,
      reply.startsWith('227') ? 'protocol_violation' : (scene.run.errorCode as 'connection_lost'),
    );
    expect(scene.verbs()).not.toContain('MLSD');
  });
});

describe('the port', () => {
  it.each(['0', '1', '21', '80', '1023', '65536', '70000', '99999', '-5', '0x1F90', '', '٨٠٨٠'])(
    'row 08, ftps 4.3: EPSV port %j is never dialled',
    async (port) => {
      const scene = await stage.pull({ faults: answerTo('EPSV', `229 ok (|||${port}|)\r\n`) });
      await expectRefused(stage, scene, 'protocol_violation');
      expect(scene.verbs()).not.toContain('MLSD');
    },
  );

  it.each(['0,0', '0,21', '3,255'])('row 08, ftps 4.3: PASV port %s is never dialled', async (port) => {
    const scene = await stage.pull({
      faults: {
        answer: (_, { verb }) =>
          verb === 'EPSV' ? ['500 No.\r\n'] : verb === 'PASV' ? [`227 (127,0,0,1,${port})\r\n`] : undefined,
      },
    });
    await expectRefused(stage, scene, 'protocol_violation');
    expect(scene.verbs()).not.toContain('MLSD');
  });

  it.each(['(|1|10.9.8.7|50000|)', '(|2|::1|50000|)', '(||10.9.8.7|50000|)', '(|||50000)', '|||50000|'])(
    'ftps 4.3: EPSV %s states what it may not state',
    async (text) => {
      const scene = await stage.pull({ faults: answerTo('EPSV', `229 ok ${text}\r\n`) });
      await expectRefused(stage, scene, 'protocol_violation');
    },
  );
});

describe('EPSV and PASV', () => {
  it.each(['500', '501', '502', '504', '522'])(
    'row 09: EPSV answered with %s is followed by PASV, once, on record',
    async (code) => {
      const files = { 'a.csv': 'one', 'b.csv': 'two' };
      const scene = await stage.pull({
        files,
        faults: answerTo('EPSV', `${code} No.\r\n`),
        route: { lanes: 1 },
      });
      await expectDelivered(stage, scene);
      expect(scene.verbs().filter((verb) => verb === 'EPSV')).toHaveLength(1);
    },
  );

  it('row 09: an EPSV port that nobody answers is followed by PASV, once, on record', async () => {
    const scene = await stage.push({ faults: answerTo('EPSV', '229 ok (|||1025|)\r\n') });
    await expectDelivered(stage, scene);
    expect(scene.transcript).toMatch(/PASV from here on/);
    expect(scene.verbs().filter((verb) => verb === 'EPSV')).toHaveLength(1);
  });

  it('row 09: PASV refused is followed by EPSV, once, on record', async () => {
    const scene = await stage.pull({
      faults: answerTo('PASV', '502 No.\r\n'),
      endpoint: { passive: { addressPolicy: 'advertised' } },
    });
    await expectDelivered(stage, scene);
  });

  it('row 09: both refused is an end, not a loop', async () => {
    const scene = await stage.pull({
      faults: { answer: (_, { verb }) => (['EPSV', 'PASV'].includes(verb) ? ['502 No.\r\n'] : undefined) },
    });
    expect(scene.run.state).toBe('failed');
    expect(scene.verbs().filter((verb) => verb === 'EPSV' || verb === 'PASV')).toEqual(['EPSV', 'PASV']);
  });
});
