import { posix } from 'node:path';
import type { Faults } from './faults.ts';

/** What a client says and what the server does about it; nothing here touches a socket or a file. */
export interface Command {
  /** Upper case; '' before the first command. */
  verb: string;
  argument: string;
}

export interface DialogueState {
  secured: boolean;
  user: string;
  loggedIn: boolean;
  protection: 'clear' | 'private';
  directory: string;
  restartAt: number;
  renameFrom: string | undefined;
}

/** One look at, or change of, the served files; `path` is absolute, `named` as the client said it. */
export interface FileAction {
  verb:
    | 'CWD'
    | 'SIZE'
    | 'MDTM'
    | 'MLST'
    | 'MFMT'
    | 'RNFR'
    | 'RNTO'
    | 'DELE'
    | 'MKD'
    | 'RMD'
    | 'HASH'
    | 'XSHA256';
  path: string;
  named: string;
  /** MFMT only, `YYYYMMDDHHMMSS`. */
  time?: string;
}

export interface Transfer {
  verb: 'RETR' | 'STOR' | 'APPE' | 'MLSD' | 'LIST' | 'NLST';
  path: string;
  offset: number;
}

export type Decision =
  | { do: 'answer'; reply: string; next?: Partial<DialogueState> }
  | { do: 'secure' }
  | { do: 'quit' }
  | { do: 'enter_passive'; form: 'EPSV' | 'PASV' }
  | { do: 'act'; action: FileAction }
  | { do: 'transfer'; transfer: Transfer };

export interface Policy {
  faults: Faults;
  readOnly: boolean;
  knows(user: string, password: string): boolean;
}

type Rule = (argument: string, state: DialogueState, policy: Policy) => Decision;

const FEATURES = [
  'AUTH TLS',
  'PBSZ',
  'PROT',
  'UTF8',
  'EPSV',
  'SIZE',
  'MDTM',
  'MFMT',
  'REST STREAM',
  'MLST type*;size*;modify*;',
  'HASH SHA-256*',
  'XSHA256',
];
const BEFORE_LOGIN = new Set('AUTH USER PASS PBSZ PROT FEAT OPTS SYST NOOP QUIT CCC'.split(' '));
const WRITING = new Set('STOR APPE RNFR RNTO DELE MKD RMD MFMT'.split(' '));

/** Exactly one space before the argument; further ones belong to it (RFC 3659 section 2.2). */
export function readCommand(line: string): Command {
  const blank = line.indexOf(' ');
  return blank === -1
    ? { verb: line.toUpperCase(), argument: '' }
    : { verb: line.slice(0, blank).toUpperCase(), argument: line.slice(blank + 1) };
}

export function decide({ verb, argument }: Command, state: DialogueState, policy: Policy): Decision {
  const rule = RULES.get(verb);
  if (!rule) return answer(`500 ${verb} is not understood.`);
  if (!state.loggedIn && !BEFORE_LOGIN.has(verb)) return answer('530 Log in first.');
  if (policy.readOnly && WRITING.has(verb)) return answer('550 Permission denied.');
  return rule(argument, state, policy);
}

const RULES: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ['AUTH', authenticate],
  ['USER', (user, { secured }) => (secured ? answer('331 Password, please.', { user }) : answer(TLS_NEEDED))],
  ['PASS', logIn],
  ['PBSZ', (_, { secured }) => answer(secured ? '200 PBSZ=0' : '503 AUTH first.')],
  ['PROT', protect],
  ['CCC', () => answer('534 The control connection stays protected.')],
  ['FEAT', () => answer(`211-Features:\r\n${FEATURES.map((name) => ` ${name}\r\n`).join('')}211 End`)],
  ['OPTS', choose],
  ['SYST', () => answer('215 UNIX Type: L8')],
  ['STAT', () => answer('211 Partner simulator, at your service.')],
  ['TYPE', (type) => answer(/^(A( N)?|I|L 8)$/i.test(type) ? '200 Type is set.' : '504 Not that type.')],
  ['MODE', (mode) => answer(mode.toUpperCase() === 'S' ? '200 Stream.' : '504 Only stream.')],
  ['STRU', (structure) => answer(structure.toUpperCase() === 'F' ? '200 File.' : '504 Only file.')],
  ['ALLO', () => answer('202 Not needed here.')],
  ['NOOP', () => answer('200 Still here.')],
  ['ABOR', () => answer('226 Nothing is under way any more.')],
  ['QUIT', () => ({ do: 'quit' })],
  ['PWD', (_, { directory }) => answer(`257 ${quoted(directory)} is the current directory.`)],
  ['CWD', fileRule('CWD')],
  ['CDUP', (_, state) => fileRule('CWD')('..', state)],
  ['EPSV', extendedPassive],
  ['PASV', () => ({ do: 'enter_passive', form: 'PASV' })],
  ['REST', restart],
  ['SIZE', fileRule('SIZE')],
  ['MDTM', fileRule('MDTM')],
  ['MLST', fileRule('MLST')],
  ['MFMT', changeTime],
  ['RNFR', fileRule('RNFR')],
  ['RNTO', fileRule('RNTO')],
  ['DELE', fileRule('DELE')],
  ['MKD', fileRule('MKD')],
  ['RMD', fileRule('RMD')],
  ['HASH', fileRule('HASH')],
  ['XSHA256', fileRule('XSHA256')],
  ['RETR', transferRule('RETR')],
  ['STOR', transferRule('STOR')],
  ['APPE', transferRule('APPE')],
  ['MLSD', transferRule('MLSD')],
  ['LIST', (argument, state) => transferRule('LIST')(withoutFlags(argument), state)],
  ['NLST', (argument, state) => transferRule('NLST')(withoutFlags(argument), state)],
]);
const TLS_NEEDED = '530 TLS is required.';

function answer(reply: string, next?: Partial<DialogueState>): Decision {
  return next ? { do: 'answer', reply, next } : { do: 'answer', reply };
}

function authenticate(mechanism: string, state: DialogueState, { faults }: Policy): Decision {
  if (faults.authTls === 'refuse') return answer('502 TLS is not offered.');
  if (mechanism.toUpperCase() !== 'TLS') return answer('504 Only TLS.');
  return state.secured ? answer('503 Already secured.') : { do: 'secure' };
}

function logIn(password: string, { secured, user }: DialogueState, { faults, knows }: Policy): Decision {
  if (!secured) return answer(TLS_NEEDED);
  if (faults.loginReply !== undefined) return answer(faults.loginReply);
  return knows(user, password) ? answer('230 Welcome.', { loggedIn: true }) : answer('530 Login incorrect.');
}

function protect(level: string, { secured }: DialogueState, { faults }: Policy): Decision {
  if (!secured) return answer('503 AUTH first.');
  if (faults.prot === 'refuse') return answer('534 Protection is not available.');
  if (level.toUpperCase() !== 'P') return answer('534 Only private data connections.');
  return answer('200 Private.', { protection: 'private' });
}

function choose(option: string): Decision {
  if (/^UTF-?8( ON)?$/i.test(option)) return answer('200 UTF-8 it is.');
  if (/^HASH SHA-256$/i.test(option)) return answer('200 SHA-256');
  if (/^MLST( |$)/i.test(option)) return answer('200 MLST OPTS type;size;modify;');
  return answer('501 No such option.');
}

/** RFC 2428 section 4: `EPSV ALL` promises to use nothing else. */
function extendedPassive(family: string): Decision {
  return family.toUpperCase() === 'ALL' ? answer('200 Noted.') : { do: 'enter_passive', form: 'EPSV' };
}

function restart(offset: string): Decision {
  if (!/^\d{1,15}$/.test(offset)) return answer('501 Not an offset.');
  return answer(`350 Restarting at ${offset}.`, { restartAt: Number(offset) });
}

function changeTime(argument: string, state: DialogueState): Decision {
  const [, time, named] = /^(\d{14}) (.+)$/.exec(argument) ?? [];
  if (time === undefined || named === undefined) return answer('501 MFMT YYYYMMDDHHMMSS name.');
  return { do: 'act', action: { verb: 'MFMT', path: absolute(named, state), named, time } };
}

function fileRule(verb: FileAction['verb']): (argument: string, state: DialogueState) => Decision {
  return (argument, state) =>
    argument === '' && verb !== 'MLST'
      ? answer(`501 ${verb} needs a name.`)
      : { do: 'act', action: { verb, path: absolute(argument, state), named: argument } };
}

function transferRule(verb: Transfer['verb']): (argument: string, state: DialogueState) => Decision {
  return (argument, state) => ({
    do: 'transfer',
    transfer: { verb, path: absolute(argument, state), offset: state.restartAt },
  });
}

function absolute(argument: string, { directory }: DialogueState): string {
  return posix.resolve(directory, argument);
}

/** Clients write `LIST -a /out`. */
function withoutFlags(argument: string): string {
  return argument.replace(/^(-\S+)( |$)/, '');
}

/** RFC 959 appendix II: quotes within are doubled. */
export function quoted(path: string): string {
  return `"${path.replaceAll('"', '""')}"`;
}
