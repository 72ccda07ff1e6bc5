import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { VaultFake } from '../testing/index.ts';
import { KeysFixed, KeysUnavailable } from './key-encryption-keys.ts';
import { Keyring } from './keyring.ts';
import { isKeyOutage, resolveSecret } from './resolve-secret.ts';
import { sealSecret } from './sealing.ts';
import { makeSealingKey, SealBroken } from './sealing-keys.ts';
import { VaultTransit, type VaultTransitOptions } from './vault-transit.ts';

let vault: VaultFake;
beforeEach(async () => {
  vault = await VaultFake.start();
});
afterEach(() => vault.down());

function transit(changes: Partial<VaultTransitOptions> = {}): VaultTransit {
  return new VaultTransit({
    address: vault.address,
    mount: 'transit',
    key: 'waybill',
    token: async () => vault.token,
    timeoutMs: 300,
    ...changes,
  });
}

const BOUND = Buffer.from('bound');
const value = randomBytes(16).toString('hex');

describe('keys in Vault', () => {
  it('wrap and unwrap, bound to what they are for, and name their version', async () => {
    const keys = transit();
    const first = await keys.wrap(Buffer.from(value), BOUND);
    expect(first.wrappedBy).toBe('vault:transit/waybill:v1');
    expect(await keys.activeId()).toBe('vault:transit/waybill:v1');
    await keys.rotate();
    expect(await keys.activeId()).toBe('vault:transit/waybill:v2');
    expect((await keys.wrap(Buffer.from(value), BOUND)).wrappedBy).toBe('vault:transit/waybill:v2');
    expect((await keys.unwrap(first, BOUND)).toString()).toBe(value);
    const refusal = await keys.unwrap(first, Buffer.from('other')).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(Error);
    expect(refusal).not.toBeInstanceOf(KeysUnavailable);
  });

  it('seal and open a secret; what was changed is refused, and not waited for', async () => {
    const keys = transit();
    const pair = await makeSealingKey(keys);
    const row = sealSecret(pair, 'acme', 1, value);
    expect((await new Keyring({ keys }).open(row, pair)).reveal()).toBe(value);
    const wrapped = pair.wrapped.slice();
    wrapped[20] = wrapped[20] === 65 ? 66 : 65;
    await expect(new Keyring({ keys }).open(row, { ...pair, wrapped })).rejects.toThrow(SealBroken);
  });

  it.each<[string, (() => unknown) | undefined, Partial<VaultTransitOptions>, RegExp]>([
    ['nothing listens', () => vault.down(), {}, /cannot be reached \(ECONNREFUSED\)/],
    ['it is sealed', () => (vault.mode = 'sealed'), {}, /answered 503 \(Vault is sealed\)/],
    ['it is silent', () => (vault.mode = 'silent'), {}, /does not answer in time/],
    ['something in between refuses everything', () => (vault.mode = 'confused'), {}, /refused it/],
    ['the token is wrong', undefined, { token: async () => 'hvs.wrong' }, /refuses our token/],
  ])('are unavailable while %s, and nothing else is tried', async (_, change, options, said) => {
    const before = await transit().wrap(Buffer.from(value), BOUND);
    await change?.();
    const keys = transit(options);
    for (const attempt of [
      () => keys.wrap(Buffer.from(value), BOUND),
      () => keys.unwrap(before, BOUND),
      () => keys.activeId(),
    ]) {
      const error: unknown = await attempt().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(KeysUnavailable);
      expect((error as Error).message).toMatch(said);
      expect(JSON.stringify([String(error), (error as Error).stack])).not.toContain(vault.token);
    }
  });

  it('say who has to rotate them when the token may not', async () => {
    await expect(transit({ token: async () => 'hvs.wrong' }).rotate()).rejects.toThrow(KeysFixed);
  });

  it('are not asked for elsewhere: a redirection gets no token', async () => {
    const shown: unknown[] = [];
    const elsewhere = createServer((request, response) => {
      shown.push(request.headers['x-vault-token']);
      response.end('{}');
    });
    const redirecting = createServer((_, response) => {
      const { port } = elsewhere.address() as AddressInfo;
      response.writeHead(307, { location: `http://127.0.0.1:${port}/v1/transit/encrypt/waybill` }).end();
    });
    for (const server of [elsewhere, redirecting])
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = redirecting.address() as AddressInfo;
    await expect(
      transit({ address: `http://127.0.0.1:${port}` }).wrap(Buffer.from(value), BOUND),
    ).rejects.toThrow(/answered 307/);
    expect(shown).toEqual([]);
    elsewhere.close();
    redirecting.close();
  });
});

it('an outage is told from a secret that was changed or is not there', async () => {
  const keys = transit();
  const pair = await makeSealingKey(keys);
  const row = sealSecret(pair, 'acme', 1, value);
  const read = (changes: Partial<typeof row>, keepMs = 0) => {
    const keyring = new Keyring({ keys, keepMs });
    const sources = {
      environment: () => undefined,
      named: async (name: string) =>
        name === 'acme' ? keyring.open({ ...row, ...changes }, pair) : undefined,
    };
    return (name: string) => resolveSecret({ secret: name }, sources).catch((error: unknown) => error);
  };
  expect(isKeyOutage(await read({ version: 2 })('acme'))).toBe(false);
  expect(await read({ version: 2 })('acme')).toMatchObject({ code: 'secret_unavailable', retry: 'never' });
  vault.mode = 'sealed';
  expect(isKeyOutage(await read({})('acme'))).toBe(true);
  // The detail is read by partners' viewers, the cause by who runs the installation.
  expect(await read({})('acme')).toMatchObject({
    code: 'secret_unavailable',
    retry: 'later',
    detail: 'The secret "acme" cannot be opened now: the keys are away.',
    cause: { message: expect.stringMatching(/^The keys are in Vault at http.*Vault is sealed/) },
  });
  expect(isKeyOutage(await read({})('nope'))).toBe(false);
});
