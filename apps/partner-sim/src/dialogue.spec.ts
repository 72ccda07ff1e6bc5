import { expect, it } from 'vitest';
import { type Decision, type DialogueState, decide, type Policy, readCommand } from './dialogue.ts';

const fresh: DialogueState = {
  secured: false,
  user: '',
  loggedIn: false,
  protection: 'clear',
  directory: '/',
  restartAt: 0,
  renameFrom: undefined,
};
const inside: DialogueState = {
  ...fresh,
  secured: true,
  user: 'acme',
  loggedIn: true,
  protection: 'private',
};
const policy: Policy = {
  faults: {},
  readOnly: false,
  knows: (user, password) => user === 'acme' && password === 'right',
};

function say(line: string, state: Partial<DialogueState> = {}, changed: Partial<Policy> = {}): Decision {
  return decide(readCommand(line), { ...inside, ...state }, { ...policy, ...changed });
}

function replyTo(...said: Parameters<typeof say>): string {
  const decision = say(...said);
  return decision.do === 'answer' ? decision.reply : `(${decision.do})`;
}

it('one space ends the verb, and further ones belong to the name', () => {
  expect(readCommand('retr   two spaces ')).toEqual({ verb: 'RETR', argument: '  two spaces ' });
  expect(readCommand('noop')).toEqual({ verb: 'NOOP', argument: '' });
});

it('neither a name nor a password is taken in clear', () => {
  expect(replyTo('USER acme', fresh)).toBe('530 TLS is required.');
  expect(replyTo('PASS right', { ...fresh, user: 'acme' })).toBe('530 TLS is required.');
  expect(replyTo('PBSZ 0', fresh)).toMatch(/^503/);
  expect(replyTo('PROT P', fresh)).toMatch(/^503/);
});

it('logs in whom it knows, and nobody else', () => {
  const waiting = { ...fresh, secured: true, user: 'acme' };
  expect(say('PASS right', waiting)).toEqual({
    do: 'answer',
    reply: '230 Welcome.',
    next: { loggedIn: true },
  });
  expect(replyTo('PASS wrong', waiting)).toMatch(/^530/);
  expect(replyTo('PASS right', { ...waiting, user: 'other' })).toMatch(/^530/);
});

it.each(['RETR /a', 'STOR /a', 'MLSD', 'EPSV', 'SIZE /a', 'DELE /a', 'CWD /', 'STAT'])(
  '%s needs a login',
  (line) => {
    expect(replyTo(line, { loggedIn: false })).toBe('530 Log in first.');
  },
);

it.each([
  'STOR /a',
  'APPE /a',
  'RNFR /a',
  'RNTO /a',
  'DELE /a',
  'MKD /a',
  'RMD /a',
  'MFMT 20260101000000 /a',
])('%s is refused where only reading is allowed', (line) => {
  expect(replyTo(line, {}, { readOnly: true })).toBe('550 Permission denied.');
  expect(replyTo(line)).not.toMatch(/^5/);
});

it('protects data with P only, and never gives up the protection of the control connection', () => {
  expect(say('PROT P')).toMatchObject({ reply: '200 Private.', next: { protection: 'private' } });
  for (const line of ['PROT C', 'PROT S', 'CCC']) expect(replyTo(line)).toMatch(/^534/);
  expect(replyTo('AUTH TLS')).toMatch(/^503/);
  expect(replyTo('AUTH SSL', fresh)).toMatch(/^504/);
  expect(say('AUTH TLS', fresh)).toEqual({ do: 'secure' });
});

it('a path is seen from the working directory, and no dots lead above the root', () => {
  const path = (line: string) => {
    const decision = say(line, { directory: '/out/new' });
    return decision.do === 'act' ? decision.action.path : decision;
  };
  expect(path('SIZE a b')).toBe('/out/new/a b');
  expect(path('SIZE /in/a')).toBe('/in/a');
  expect(path('SIZE ../../../../etc/passwd')).toBe('/etc/passwd');
  expect(path('CDUP')).toBe('/out');
});

it('listings know the flags that clients send', () => {
  const listed = (line: string) => {
    const decision = say(line, { directory: '/out' });
    return decision.do === 'transfer' ? decision.transfer.path : decision;
  };
  expect(listed('LIST')).toBe('/out');
  expect(listed('LIST -a')).toBe('/out');
  expect(listed('LIST -la /in')).toBe('/in');
  expect(listed('MLSD /in')).toBe('/in');
});

it('an offset holds for the next transfer', () => {
  expect(say('REST 100')).toMatchObject({ reply: '350 Restarting at 100.', next: { restartAt: 100 } });
  expect(say('RETR /a', { restartAt: 100 })).toMatchObject({ transfer: { offset: 100 } });
  for (const offset of ['-1', '1e3', '0x10', ' 5', '']) expect(replyTo(`REST ${offset}`)).toMatch(/^501/);
});

it('says what it can do, and refuses what it cannot', () => {
  expect(replyTo('FEAT')).toMatch(/^211-Features:\r\n AUTH TLS\r\n( .+\r\n)+211 End$/);
  expect(replyTo('OPTS HASH SHA-256')).toMatch(/^200/);
  expect(replyTo('OPTS HASH MD5')).toMatch(/^501/);
  expect(replyTo('TYPE E')).toMatch(/^504/);
  expect(replyTo('MODE B')).toMatch(/^504/);
  expect(replyTo('PORT 127,0,0,1,1,1')).toMatch(/^500/);
  expect(replyTo('SIZE')).toMatch(/^501/);
});
