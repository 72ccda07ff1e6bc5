import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Actor } from '#domain';
import { openStore, type Store } from '#store';
import { startTestDatabase } from '#store/testing';
import {
  changePassword,
  createUser,
  findSession,
  type Identity,
  type IdentityKeys,
  loadIdentityKeys,
  type NewUser,
  type Person,
  signIn,
} from '../src/index.ts';
import { codeOf, stepAt } from '../src/totp.ts';

export const ADMIN: Actor = { kind: 'user', name: 'root (local)' };
export const PASSWORD = 'correct horse battery';

export interface IdentityBench {
  store: Store;
  keys: IdentityKeys;
  home: string;
  close(): Promise<void>;
}

/** A real database, and the key file in a home of its own. */
export async function openIdentityBench(): Promise<IdentityBench> {
  const database = await startTestDatabase();
  const store = await openStore({ url: database.appUrl });
  const home = await mkdtemp(join(tmpdir(), 'waybill-identity-'));
  return {
    store,
    home,
    keys: await loadIdentityKeys(home, store.db),
    async close() {
      await store.close();
      await database.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** Signed in, with PASSWORD as the password. */
export async function settleUser(
  { store, keys }: Pick<IdentityBench, 'store' | 'keys'>,
  wanted: Pick<NewUser, 'name'> & Partial<NewUser>,
): Promise<{ person: Person; token: string }> {
  const made = await createUser(store, keys, { role: 'viewer', partners: 'all', ...wanted }, ADMIN);
  const { token } = await signIn(store, keys, {
    name: wanted.name,
    password: made.password,
    ...PLACE,
  });
  const person = await personOf({ store, keys }, token);
  await changePassword(store, keys, person, { current: made.password, next: PASSWORD });
  return { person: await personOf({ store, keys }, token), token };
}

export const PLACE = { address: '192.0.2.1', client: 'spec' };

export async function personOf(
  { store, keys }: Pick<IdentityBench, 'store' | 'keys'>,
  token: string,
): Promise<Person> {
  const found = await findSession(store, keys, token);
  if (!found || !isPerson(found.identity)) throw new Error('no live session');
  return found.identity;
}

function isPerson(identity: Identity): identity is Person {
  return identity.session !== undefined;
}

/** What the authenticator app would show; `steps` before or after now. */
export async function codeNow(store: Store, secret: string, steps = 0): Promise<string> {
  return codeOf(fromBase32(secret), stepAt(await store.now()) + steps);
}

function fromBase32(text: string): Buffer {
  const bits = [...text].map((letter) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
  );
  return Buffer.from((bits.join('').match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}
