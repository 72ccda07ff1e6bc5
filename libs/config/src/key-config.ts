import { resolve } from 'node:path';
import { z } from 'zod';
import { safeUrl } from './safe-url.ts';

const KEY_PLACES = ['file', 'environment', 'vault', 'pkcs11'] as const;

/** Who may read the files of keys: `secrets.key` and `api.key`. */
export const KEY_FILE_READERS = ['owner', 'group', 'everybody'] as const;

/** Where the keys that wrap the installation's key pair lie. Only the api needs none of it. */
export interface KeyConfig {
  /** The place that wraps from now on; the others only open what they have wrapped. */
  active: (typeof KEY_PLACES)[number];
  /** One base64 key a line; made on first use. */
  file: string;
  /** Of this file and of `<home>/api.key`. */
  readers: (typeof KEY_FILE_READERS)[number];
  /** The variable of the keys, when it is set. Its value is asked for where it is needed, and kept nowhere else. */
  environment: string | undefined;
  vault: VaultConfig | undefined;
  pkcs11: Pkcs11Config | undefined;
}

export interface Pkcs11Config {
  /** The maker's shared library. */
  module: string;
  token: string;
  key: string;
  /** Default: the variable WAYBILL_PKCS11_PIN. */
  pinFile: string | undefined;
}

export interface VaultConfig {
  address: string;
  namespace: string | undefined;
  mount: string;
  key: string;
  /** Read for every request, so that an agent can renew the token; default: the variable VAULT_TOKEN. */
  tokenFile: string | undefined;
  caFile: string | undefined;
  timeoutMs: number;
}

const vaultName = z.string().regex(/^[\w./-]{1,200}$/, 'must be letters, digits, dots, dashes, slashes');

export const KEY_SCHEMA = {
  WAYBILL_KEYS: z.enum(KEY_PLACES).default('file'),
  WAYBILL_KEY_FILE: z.string().min(1).optional(),
  WAYBILL_KEY_FILE_READERS: z
    .enum(KEY_FILE_READERS, `must be one of ${KEY_FILE_READERS.join(', ')}`)
    .default('owner'),
  WAYBILL_KEY: z.string().min(1).optional(),
  VAULT_ADDR: safeUrl.optional(),
  VAULT_NAMESPACE: vaultName.optional(),
  VAULT_CACERT: z.string().min(1).optional(),
  VAULT_TOKEN_FILE: z.string().min(1).optional(),
  WAYBILL_VAULT_MOUNT: vaultName.default('transit'),
  WAYBILL_VAULT_KEY: vaultName.optional(),
  WAYBILL_PKCS11_MODULE: z.string().startsWith('/', 'must be an absolute path').optional(),
  WAYBILL_PKCS11_TOKEN: z.string().min(1).max(32).optional(),
  WAYBILL_PKCS11_KEY: z.string().min(1).max(200).optional(),
  WAYBILL_PKCS11_PIN_FILE: z.string().min(1).optional(),
  WAYBILL_VAULT_TIMEOUT_MS: z
    .string()
    .regex(/^\d{1,6}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(100).max(60_000))
    .default(5_000),
};

type KeyValues = z.infer<z.ZodObject<typeof KEY_SCHEMA>>;

/** What one variable cannot say alone, one line each. */
export function keyProblems(values: KeyValues): string[] {
  const problems: string[] = [];
  if (values.WAYBILL_KEYS === 'environment' && values.WAYBILL_KEY === undefined)
    problems.push('WAYBILL_KEY: needed with WAYBILL_KEYS=environment');
  if (values.WAYBILL_KEYS === 'vault' || values.WAYBILL_VAULT_KEY !== undefined)
    problems.push(...missing(values, ['VAULT_ADDR', 'WAYBILL_VAULT_KEY'], 'in Vault'));
  if (values.WAYBILL_KEYS === 'pkcs11' || values.WAYBILL_PKCS11_MODULE !== undefined)
    problems.push(
      ...missing(
        values,
        ['WAYBILL_PKCS11_MODULE', 'WAYBILL_PKCS11_TOKEN', 'WAYBILL_PKCS11_KEY'],
        'on a PKCS#11 token',
      ),
    );
  return problems;
}

function missing(values: KeyValues, names: readonly (keyof KeyValues)[], where: string): string[] {
  return names
    .filter((name) => values[name] === undefined)
    .map((name) => `${name}: needed for keys ${where}`);
}

/** What opens another place of keys, or is run to: as much the installation's own as a key file. */
export function keyFilesOf(values: KeyValues): string[] {
  return [
    values.VAULT_TOKEN_FILE,
    values.VAULT_CACERT,
    values.WAYBILL_PKCS11_PIN_FILE,
    values.WAYBILL_PKCS11_MODULE,
  ]
    .filter((path) => path !== undefined)
    .map((path) => resolve(path));
}

function pkcs11Of(values: KeyValues): Pkcs11Config | undefined {
  const { WAYBILL_PKCS11_MODULE: module, WAYBILL_PKCS11_TOKEN: token, WAYBILL_PKCS11_KEY: key } = values;
  if (module === undefined || token === undefined || key === undefined) return undefined;
  return { module, token, key, pinFile: values.WAYBILL_PKCS11_PIN_FILE };
}

export function keyConfigOf(values: KeyValues, defaultFile: string): KeyConfig {
  const { VAULT_ADDR: address, WAYBILL_VAULT_KEY: key } = values;
  return {
    active: values.WAYBILL_KEYS,
    file: resolve(values.WAYBILL_KEY_FILE ?? defaultFile),
    readers: values.WAYBILL_KEY_FILE_READERS,
    environment: values.WAYBILL_KEY === undefined ? undefined : 'WAYBILL_KEY',
    pkcs11: pkcs11Of(values),
    vault:
      address === undefined || key === undefined
        ? undefined
        : {
            address,
            key,
            namespace: values.VAULT_NAMESPACE,
            mount: values.WAYBILL_VAULT_MOUNT,
            tokenFile: values.VAULT_TOKEN_FILE,
            caFile: values.VAULT_CACERT,
            timeoutMs: values.WAYBILL_VAULT_TIMEOUT_MS,
          },
  };
}
