import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Faults } from '#apps/partner-sim';
import {
  expectDelivered,
  expectNothingTold,
  expectRefused,
  expectSourceUntouched,
} from './support/expectations.ts';
import { answerTo } from './support/scripts.ts';
import { filesIn, Stage } from './support/stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage.close());

describe('logging in', () => {
  it.each([
    ['PASS', '530 Login incorrect.'],
    ['USER', '530 Not you.'],
    ['USER', '532 Account needed.'],
    ['PASS', '332 Which account?'],
    ['PASS', '535 Security problem.'],
  ])(
    'row 12: %s answered with %s is never tried again: the account must not be locked',
    async (verb, reply) => {
      const files = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`${index}.csv`, 'x']));
      const scene = await stage.push({ files, faults: answerTo(verb, `${reply}\r\n`), attempts: 5 });
      expect(scene.run.state).toBe('failed');
      // A second lane may come while the first is being refused: it finds the endpoint paused, or is refused as well.
      const codes = scene.attempts.map(({ outcome, errorCode }) => `${outcome} ${errorCode}`);
      expect(codes[0]).toBe('failed auth_rejected');
      expect(['failed auth_rejected', 'failed login_paused']).toEqual(expect.arrayContaining(codes));
      expect(scene.verbs().filter((each) => each === 'USER').length).toBeLessThanOrEqual(2);
      expect(new Set(scene.run.transfers.map(({ state }) => state))).toEqual(new Set(['failed']));
      expect(scene.events.map(({ details }) => (details as { code?: string }).code)).toContain(
        'auth_rejected',
      );
      expect(await filesIn(scene.targetDirectory)).toEqual({});
      await expectSourceUntouched(scene);
      await expectNothingTold(stage, scene);
    },
  );

  it('row 12: a server that is full (421 at PASS) is tried again', async () => {
    const scene = await stage.pull({ faults: answerTo('PASS', '421 Too many users.\r\n'), attempts: 3 });
    await expectRefused(stage, scene, 'server_busy');
    expect(scene.verbs().filter((verb) => verb === 'PASS')).toHaveLength(3);
  });

  it.each(['230 Welcome without a password.', '232 Your certificate is enough.'])(
    'ftps 4.12: USER answered with %s keeps the password here',
    async (reply) => {
      const scene = await stage.pull({
        faults: { answer: (_, { verb }) => (verb === 'USER' ? [`${reply}\r\n`] : undefined) },
      });
      expect(scene.verbs()).not.toContain('PASS');
    },
  );
});

describe('what is kept', () => {
  it('ftps 4.15: terminal sequences of the server stand escaped in transcript, error and log', async () => {
    const evil = '\x1b[2J\x1b]0;owned\x07\u009b31m\u202efdp.exe';
    const answer: Faults['answer'] = (reply, { verb }) =>
      verb === 'MLST'
        ? [`250-${evil}\r\n not ${evil} facts\r\n250 end\r\n`]
        : verb === 'FEAT'
          ? undefined
          : [`${reply} ${evil}\r\n`];
    const before = stage.logLines.length;
    const scene = await stage.pull({ faults: { answer } });
    expect(scene.run.state).toBe('failed');
    await expectNothingTold(stage, scene);
    expect(scene.transcript).toContain('\\x1b[2J');
    const log = stage.logLines.slice(before).join('');
    expect(log.length).toBeGreaterThan(0);
    expect(log).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  });

  it('ftps 4.15: the password stands nowhere: PASS is masked', async () => {
    const scene = await stage.pull();
    await expectDelivered(stage, scene);
    expect(scene.sim.commands.some(({ argument }) => argument === stage.password)).toBe(true);
    expect(stage.logLines.join('')).not.toContain(stage.password);
    expect(scene.transcript).not.toContain('PASS pw-');
  });

  it('ftps 4.15: a server that repeats the password does not bring it into any record', async () => {
    const scene = await stage.pull({ faults: answerTo('PASS', `530 No, not ${stage.password}.\r\n`) });
    await expectRefused(stage, scene, 'auth_rejected');
    expect(stage.logLines.join('')).not.toContain(stage.password);
  });

  it('ftps 4.15: no session ticket and no key stands in any record', async () => {
    const scene = await stage.pull();
    const rows = JSON.stringify(scene.negotiations, (_, value) =>
      typeof value === 'bigint' ? String(value) : value,
    );
    expect(rows).not.toMatch(/ticket|session_?data|keylog|CLIENT_/i);
    expect(Object.keys(scene.negotiations[0]!)).not.toEqual(expect.arrayContaining(['session']));
  });
});

describe('goodbyes', () => {
  it('row 18: a session ends with QUIT, and nothing stays open', async () => {
    const scene = await stage.pull();
    await expectDelivered(stage, scene);
    await expect.poll(() => scene.sim.sessions(), { timeout: 5_000 }).toBe(0);
    expect(scene.verbs().at(-1)).toBe('QUIT');
  });

  it.each([
    ['no answer', []],
    ['421', ['421 Bye.\r\n']],
    ['an endless answer', ['221-x\r\n']],
    ['a reset', [{ close: 'reset' as const }]],
  ])('row 11, ftps 4.11: QUIT with %s harms nothing and holds nobody', async (_, pieces) => {
    const scene = await stage.pull({
      faults: { answer: (_reply, { verb }) => (verb === 'QUIT' ? pieces : undefined) },
    });
    await expectDelivered(stage, scene);
    await expect.poll(() => scene.sim.sessions(), { timeout: 5_000 }).toBe(0);
  });
});
