import type { Tx } from '#store';
import type { IdentityKeys } from './identity-keys.ts';
import { IdentityRefused } from './identity-refused.ts';

interface DelayRule {
  kind: 'pair' | 'address' | 'name' | 'code' | 'password';
  /** So many in a row wait for nothing. */
  free: number;
  /** After those each wait is double the last, up to this. */
  mostSeconds: number;
  /** After so long without a try it begins anew. */
  memoryHours: number;
  /** How many rows there can be of it. */
  buckets: number;
}

/** What somebody types wrong himself, from where he always sits. */
const PAIR: DelayRule = { kind: 'pair', free: 3, mostSeconds: 300, memoryHours: 1, buckets: 65_536 };
/** One place that tries many names. */
const ADDRESS: DelayRule = { kind: 'address', free: 20, mostSeconds: 60, memoryHours: 1, buckets: 65_536 };
/**
 * One name tried from many places. The wait is short, and whoever has signed in from his address before does not meet
 * it: strangers cannot lock anybody out.
 */
const NAME: DelayRule = { kind: 'name', free: 20, mostSeconds: 8, memoryHours: 1, buckets: 65_536 };
/** Only who knows the password comes this far. 6 digits last for centuries at this pace. */
const CODE: DelayRule = { kind: 'code', free: 5, mostSeconds: 900, memoryHours: 24, buckets: 65_536 };
/** The current password asked of somebody who has a session: it may be a borrowed one. */
const PASSWORD: DelayRule = { kind: 'password', free: 5, mostSeconds: 900, memoryHours: 24, buckets: 65_536 };

export interface SignInTry {
  name: string;
  address: string;
  /** This person has signed in from this address before. */
  known: boolean;
}

function rowsOf(keys: IdentityKeys, { name, address, known }: SignInTry): [DelayRule, string][] {
  const group = addressGroup(address);
  const rows: [DelayRule, string][] = [
    [PAIR, keyOf(keys, PAIR, `${group} ${name}`)],
    [ADDRESS, keyOf(keys, ADDRESS, group)],
  ];
  return known ? rows : [...rows, [NAME, keyOf(keys, NAME, name)]];
}

/**
 * Counts the try as a failure before anything is looked at, so that a hundred at once are a hundred and not one.
 * @throws IdentityRefused `too_many_requests`; the caller's transaction then undoes what was counted
 */
export async function countTry(tx: Tx, keys: IdentityKeys, wanted: SignInTry): Promise<void> {
  for (const [rule, key] of rowsOf(keys, wanted)) await count(tx, rule, key);
}

/** It was no failure: the person's own count begins anew, those he shares with others lose this one try. */
export async function forgiveTry(tx: Tx, keys: IdentityKeys, wanted: SignInTry): Promise<void> {
  for (const [rule, key] of rowsOf(keys, wanted))
    if (rule === PAIR) await tx.signInDelay.deleteMany({ where: { key } });
    else
      await tx.$executeRaw`
        UPDATE sign_in_delay SET failures = GREATEST(failures - 1, 0), not_before = clock_timestamp() WHERE key = ${key}`;
}

export function countProof(
  tx: Tx,
  keys: IdentityKeys,
  kind: 'code' | 'password',
  userId: string,
): Promise<void> {
  const rule = kind === 'code' ? CODE : PASSWORD;
  return count(tx, rule, keyOf(keys, rule, userId));
}

export async function forgiveProof(
  tx: Tx,
  keys: IdentityKeys,
  kind: 'code' | 'password',
  userId: string,
): Promise<void> {
  const rule = kind === 'code' ? CODE : PASSWORD;
  await tx.signInDelay.deleteMany({ where: { key: keyOf(keys, rule, userId) } });
}

async function count(tx: Tx, rule: DelayRule, key: string): Promise<void> {
  const counted = await tx.$queryRaw<{ failures: number }[]>`
    INSERT INTO sign_in_delay AS delay (key, failures, last_at, not_before)
    VALUES (${key}, 1, clock_timestamp(), clock_timestamp())
    ON CONFLICT (key) DO UPDATE SET
      failures = CASE WHEN delay.last_at < clock_timestamp() - make_interval(hours => ${rule.memoryHours}::int)
                      THEN 1 ELSE delay.failures + 1 END,
      last_at = clock_timestamp(),
      not_before = clock_timestamp() + make_interval(secs =>
        CASE WHEN delay.failures < ${rule.free}::int
               OR delay.last_at < clock_timestamp() - make_interval(hours => ${rule.memoryHours}::int) THEN 0
             ELSE LEAST(${rule.mostSeconds}::float8, power(2, LEAST(delay.failures - ${rule.free}::int, 30))) END)
    WHERE delay.not_before <= clock_timestamp()
    RETURNING failures`;
  if (counted.length > 0) return;
  const [left] = await tx.$queryRaw<{ seconds: number }[]>`
    SELECT ceil(extract(epoch FROM not_before - clock_timestamp()))::int AS seconds FROM sign_in_delay WHERE key = ${key}`;
  const retryAfterSeconds = Math.max(1, left?.seconds ?? 1);
  throw new IdentityRefused(
    'too_many_requests',
    `Too many failures. Try again in ${retryAfterSeconds} s; nothing has been checked now.`,
    { retryAfterSeconds },
  );
}

/** Few rows however many names are tried, and nobody can aim at another's row without the key. */
function keyOf(keys: IdentityKeys, { kind, buckets }: DelayRule, text: string): string {
  return `${kind}:${keys.digest('delay', `${kind} ${text}`).readUInt32BE(0) % buckets}`;
}

/** Who has one IPv6 address has 2^64 of them. */
export function addressGroup(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');
  if (!plain.includes(':')) return plain;
  const [head = '', tail] = plain.split('%')[0]!.toLowerCase().split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros =
    tail === undefined ? [] : Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0');
  return [...left, ...zeros, ...right].slice(0, 4).join(':');
}
