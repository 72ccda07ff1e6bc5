import { resolve } from 'node:path';
import { z } from 'zod';

export const KEY_PLACES = ['file', 'environment', 'vault'] as const;

/** Where the keys that wrap the installation's key pair lie. Only the api needs none of it. */
export interface KeyConfig {
  /** The place that wraps from now on; the others only open what they have wrapped. */
  active: (typeof KEY_PLACES)[number];
  /** One base64 key a line; made on first use. */
  file: string;
  /** The variable of the keys, when it is set. Its value is asked for where it is needed, and kept nowhere else. */
  environment: string | undefined;
  vault: VaultConfig | undefined;
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

/** The token travels with each request: in clear only within this machine. */
const vaultAddress = z
  .string()
  .refine(
    (text) =>
      URL.canParse(text) &&
      (text.startsWith('https://') || /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])[:/]?/.test(text)),
    { message: 'must be a URL beginning with https://, or http:// on this machine' },
  );

const vaultName = z.string().regex(/^[\w./-]{1,200}$/, 'must be letters, digits, dots, dashes, slashes');

export const KEY_SCHEMA = {
  WAYBILL_KEYS: z.enum(KEY_PLACES).default('file'),
  WAYBILL_KEY_FILE: z.string().min(1).optional(),
  WAYBILL_KEY: z.string().min(1).optional(),
  VAULT_ADDR: vaultAddress.optional(),
  VAULT_NAMESPACE: vaultName.optional(),
  VAULT_CACERT: z.string().min(1).optional(),
  VAULT_TOKEN_FILE: z.string().min(1).optional(),
  WAYBILL_VAULT_MOUNT: vaultName.default('transit'),
  WAYBILL_VAULT_KEY: vaultName.optional(),
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
  if (values.WAYBILL_KEYS !== 'vault' && values.WAYBILL_VAULT_KEY === undefined) return problems;
  for (const name of ['VAULT_ADDR', 'WAYBILL_VAULT_KEY'] as const)
    if (values[name] === undefined) problems.push(`${name}: needed for keys in Vault`);
  return problems;
}

export function keyConfigOf(values: KeyValues, defaultFile: string): KeyConfig {
  const { VAULT_ADDR: address, WAYBILL_VAULT_KEY: key } = values;
  return {
    active: values.WAYBILL_KEYS,
    file: resolve(values.WAYBILL_KEY_FILE ?? defaultFile),
    environment: values.WAYBILL_KEY === undefined ? undefined : 'WAYBILL_KEY',
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
