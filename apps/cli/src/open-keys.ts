import { access, readFile } from 'node:fs/promises';
import { prepareSealingKey } from '#apps/worker';
import { type Config, environmentSecret, type Pkcs11Config, type VaultConfig } from '#config';
import type { Actor } from '#domain';
import {
  EnvironmentKeys,
  KeyFile,
  KeyFileProblem,
  KeyPlaces,
  Keyring,
  KeysUnavailable,
  openPkcs11Token,
  VaultTransit,
} from '#secrets';
import { isAnythingSealed, type Store } from '#store';
import type { Logger } from '#telemetry';
import { UsageError } from './failures.ts';

/**
 * What opens secrets, for workers and for commands on their machines: beside the database, not in it. The api has none.
 * @throws UsageError when a key is missing, or is none
 */
export async function openKeyring(config: Config, store: Store): Promise<Keyring> {
  const { active, environment, file: path, pkcs11, readers, vault } = config.keys;
  try {
    // A key made now would open nothing of what is sealed already; who has lost the file has to hear of it.
    const mayCreate = active === 'file' && !(await isAnythingSealed(store.db));
    const file =
      active === 'file' || (await exists(path))
        ? await KeyFile.open(path, { mayCreate, readers })
        : undefined;
    const keys = new KeyPlaces(active, {
      ...(file && { file }),
      ...(environment !== undefined && {
        environment: new EnvironmentKeys(environment, environmentSecret(environment)),
      }),
      ...(vault && { vault: new VaultTransit({ ...vault, token: () => readToken(vault) }) }),
      ...(pkcs11 && { pkcs11: await openPkcs11Token({ ...pkcs11, pin: () => readPin(pkcs11) }) }),
    });
    return new Keyring({ keys, legacyKeys: () => file?.allKeys() ?? [] });
  } catch (error) {
    if (error instanceof KeyFileProblem || error instanceof KeysUnavailable)
      throw new UsageError(error.message);
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function readToken({ tokenFile }: VaultConfig): Promise<string> {
  const token =
    tokenFile === undefined
      ? environmentSecret('VAULT_TOKEN')
      : await readSecretFile('VAULT_TOKEN_FILE', tokenFile);
  if (token === undefined || token === '')
    throw new KeysUnavailable('There is no token for Vault: set VAULT_TOKEN_FILE or VAULT_TOKEN.');
  return token;
}

async function readPin({ pinFile }: Pkcs11Config): Promise<string> {
  const pin =
    pinFile === undefined
      ? environmentSecret('WAYBILL_PKCS11_PIN')
      : await readSecretFile('WAYBILL_PKCS11_PIN_FILE', pinFile);
  if (pin === undefined || pin === '')
    throw new KeysUnavailable('There is no PIN: set WAYBILL_PKCS11_PIN_FILE or WAYBILL_PKCS11_PIN.');
  return pin;
}

async function readSecretFile(name: string, path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    throw new KeysUnavailable(`${name}: ${path} cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
}

const TRY_AGAIN_MS = 10_000;
const WORKER: Actor = { kind: 'system', name: 'worker' };

/** The first worker makes the installation's key pair; while the place of the keys is away, it tries again. */
export async function keepSealingKey(
  store: Store,
  keyring: Keyring,
  log: Logger,
  stack: AsyncDisposableStack,
  tryAgainMs = TRY_AGAIN_MS,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  let underWay: Promise<void> | undefined;
  const attempt = async (): Promise<void> => {
    try {
      await prepareSealingKey(store, keyring, WORKER);
    } catch (error) {
      log.warn({ err: error }, 'the key pair of this installation cannot be made now; it is tried again');
      timer = setTimeout(() => {
        underWay = attempt();
      }, tryAgainMs);
    }
  };
  await attempt();
  stack.defer(async () => {
    await underWay;
    clearTimeout(timer);
  });
}
