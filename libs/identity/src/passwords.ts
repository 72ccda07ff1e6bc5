import { argon2, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { countChoices } from './guessable-parts.ts';

const argon2id = promisify(argon2);

/** RFC 9106, section 4: the second recommended choice, for machines that do other work as well. */
const COST = { memory: 65_536, passes: 3, parallelism: 4 } as const;
const SALT_BYTES = 16;
const HASH_BYTES = 32;

export const LEAST_CHARACTERS = 12;
/** Words that nobody would try first may stand alone: `fresh password` has seven. */
const LEAST_CHOICES = 6;
/** As many hashes at once as threads are not needed elsewhere; each of them takes 64 MiB. */
const AT_ONCE = 2;
const MOST_WAITING = 64;

/** More sign-ins at once than can be looked at; asked again later they are. */
export class TooManySignIns extends Error {
  override name = 'TooManySignIns';
}

/** The same text however it was typed in: NIST SP 800-63B, section 5.1.1.2. */
function bytesOf(password: string): Buffer {
  return Buffer.from(password.normalize('NFKC'), 'utf8');
}

/** Why this password is not taken; undefined when it is. */
export function passwordProblem(password: string, name: string): string | undefined {
  if ([...password].length < LEAST_CHARACTERS) return `must have at least ${LEAST_CHARACTERS} characters`;
  if (new Set(password).size < 5) return 'must have at least 5 different characters';
  if (password.toLowerCase().includes(name.toLowerCase())) return 'must not hold the name';
  if (countChoices(password) < LEAST_CHOICES)
    return 'must be more than well-known words, years and rows of the keyboard';
  return undefined;
}

/** In PHC form. The pepper is not part of it: without the key file no guess can be tested. */
export async function hashPassword(password: string, pepper: Buffer): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const { memory, passes, parallelism } = COST;
  const hash = await derive(bytesOf(password), salt, COST, pepper);
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${unpadded(salt)}$${unpadded(hash)}`;
}

const PHC =
  /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,64})\$([A-Za-z0-9+/]{22,86})$/;

/** Without a hash it takes as long and says no: nobody learns which names exist. */
export async function verifyPassword(
  password: string,
  stored: string | undefined,
  pepper: Buffer,
): Promise<boolean> {
  const [, memory, passes, parallelism, salt, hash] = PHC.exec(stored ?? '') ?? [];
  if (hash === undefined) {
    await derive(bytesOf(password), randomBytes(SALT_BYTES), COST, pepper);
    return false;
  }
  const wanted = Buffer.from(hash, 'base64');
  const cost = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) };
  const found = await derive(bytesOf(password), Buffer.from(salt!, 'base64'), cost, pepper);
  return found.length === wanted.length && timingSafeEqual(found, wanted);
}

/** 100 bits, without letters that look alike: `k7mq-...`; it is typed off a terminal. */
export function makeOneTimePassword(): string {
  const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789';
  const groups = Array.from({ length: 5 }, () =>
    Array.from({ length: 4 }, () => alphabet[randomInt(alphabet.length)]).join(''),
  );
  return groups.join('-');
}

let running = 0;
const waiting: (() => void)[] = [];

async function derive(
  message: Buffer,
  nonce: Buffer,
  cost: { memory: number; passes: number; parallelism: number },
  secret: Buffer,
): Promise<Buffer> {
  if (running >= AT_ONCE) {
    if (waiting.length >= MOST_WAITING) throw new TooManySignIns('Too many sign-ins at once.');
    await new Promise<void>((resolve) => waiting.push(resolve));
  } else running++;
  try {
    return await argon2id('argon2id', { message, nonce, ...cost, tagLength: HASH_BYTES, secret });
  } finally {
    const next = waiting.shift();
    // The place is handed on, not given back and taken again.
    if (next) next();
    else running--;
  }
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
