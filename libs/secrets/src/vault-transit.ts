import { readFile } from 'node:fs/promises';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { text } from 'node:stream/consumers';
import {
  type KeyEncryptionKeys,
  KeysFixed,
  KeysUnavailable,
  type WrappedKey,
} from './key-encryption-keys.ts';
import { bytes } from './symmetric-wrapping.ts';

export interface VaultTransitOptions {
  /** `https://vault.example:8200`; `http://` only on this machine, as the token travels with each request. */
  address: string;
  /** Where the transit engine is mounted. */
  mount: string;
  /** A key of type aes256-gcm96, which takes associated data. */
  key: string;
  namespace?: string | undefined;
  /** Asked for every request: an agent renews it meanwhile. */
  token(): Promise<string>;
  /** PEM file; default: the system's authorities. */
  caFile?: string | undefined;
  timeoutMs?: number | undefined;
}

const TIMEOUT_MS = 5_000;

/** Keys in HashiCorp Vault's transit engine (or OpenBao's, which speaks the same): they never leave it. */
export class VaultTransit implements KeyEncryptionKeys {
  readonly #options: VaultTransitOptions;
  readonly #prefix: string;

  constructor(options: VaultTransitOptions) {
    this.#options = options;
    this.#prefix = `vault:${options.mount}/${options.key}:`;
  }

  async activeId(): Promise<string> {
    const { latest_version: version } = await this.#ask('GET', `keys/${this.#options.key}`);
    if (typeof version !== 'number') throw this.#unavailable('it answered without the version of the key');
    return `${this.#prefix}v${version}`;
  }

  async wrap(key: Buffer, boundTo: Buffer): Promise<WrappedKey> {
    const { ciphertext } = await this.#ask('POST', `encrypt/${this.#options.key}`, {
      plaintext: key.toString('base64'),
      associated_data: boundTo.toString('base64'),
    });
    const version = typeof ciphertext === 'string' ? /^vault:(v\d+):/.exec(ciphertext)?.[1] : undefined;
    if (version === undefined) throw this.#unavailable('it answered without a ciphertext');
    return { wrappedBy: `${this.#prefix}${version}`, wrapped: bytes(Buffer.from(String(ciphertext))) };
  }

  async unwrap({ wrappedBy, wrapped }: WrappedKey, boundTo: Buffer): Promise<Buffer> {
    if (!wrappedBy.startsWith(this.#prefix))
      throw new KeysUnavailable(
        `The key ${wrappedBy} lies elsewhere than in ${this.#prefix} of WAYBILL_VAULT_MOUNT and WAYBILL_VAULT_KEY.`,
      );
    const { plaintext } = await this.#ask('POST', `decrypt/${this.#options.key}`, {
      ciphertext: Buffer.from(wrapped).toString(),
      associated_data: boundTo.toString('base64'),
    }).catch(async (error: unknown) => {
      if (!(error instanceof BadRequest)) throw error;
      // Whoever still knows the key has refused this ciphertext: none of the key's, or bound to something else. No later
      // moment changes that. Of a 400 for everything, as from a proxy in between, nothing is learnt.
      await this.activeId();
      throw new Error(error.message);
    });
    if (typeof plaintext !== 'string') throw this.#unavailable('it answered without a plaintext');
    return Buffer.from(plaintext, 'base64');
  }

  async rotate(): Promise<void> {
    await this.#ask('POST', `keys/${this.#options.key}/rotate`, {}).catch((error: unknown) => {
      if (!(error instanceof TokenRefused)) throw error;
      throw new KeysFixed(
        `The token may not rotate the key in Vault. Let somebody run \`vault write -f ${this.#options.mount}/keys/${this.#options.key}/rotate\`, then call \`waybill secret rotate\` again.`,
      );
    });
  }

  /** Versions end in Vault itself: by `min_decryption_version`. */
  async retire(): Promise<string[]> {
    return [];
  }

  /** The answer's `data`. @throws KeysUnavailable for everything that a later moment may change */
  async #ask(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
    const { status, content } = await this.#send(method, path, body).catch((error: unknown) => {
      if (error instanceof KeysUnavailable) throw error;
      // The address is ours and no secret; neither token nor body stands in these errors.
      throw this.#unavailable(reasonOf(error), error);
    });
    if (status === 200 || status === 204) return dataOf(content);
    const said = errorsOf(content);
    if (status === 400)
      throw new BadRequest(`The keys are in Vault at ${this.#options.address}, which refused it: ${said}.`);
    if (status === 403)
      throw new TokenRefused(
        `The keys are in Vault at ${this.#options.address}, which refuses our token (${said}).`,
      );
    throw this.#unavailable(`it answered ${status}${said === '' ? '' : ` (${said})`}`);
  }

  async #send(method: string, path: string, body?: object): Promise<{ status: number; content: string }> {
    const { address, mount, namespace, caFile, timeoutMs = TIMEOUT_MS } = this.#options;
    const url = new URL(`${address.replace(/\/+$/, '')}/v1/${mount}/${path}`);
    const token = await this.#options.token();
    const ca = caFile === undefined ? undefined : await readFile(caFile);
    const signal = AbortSignal.timeout(timeoutMs);
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    // Not fetch: it would follow a redirection with the token in hand, and takes no authorities of ours.
    const send = url.protocol === 'https:' ? requestHttps : requestHttp;
    const sent = send(
      url,
      {
        method,
        agent: false,
        signal,
        ...(ca && { ca }),
        headers: {
          'X-Vault-Token': token,
          'X-Vault-Request': 'true',
          ...(namespace !== undefined && { 'X-Vault-Namespace': namespace }),
          ...(body && { 'Content-Type': 'application/json' }),
        },
      },
      resolve,
    );
    sent.on('error', reject);
    sent.end(body && JSON.stringify(body));
    const response = await promise;
    return { status: response.statusCode ?? 0, content: await text(response) };
  }

  #unavailable(why: string, cause?: unknown): KeysUnavailable {
    return new KeysUnavailable(`The keys are in Vault at ${this.#options.address}, and ${why}.`, { cause });
  }
}

/** Until somebody gives us another one, or allows it more. */
class TokenRefused extends KeysUnavailable {}

/** 400. What it means depends on what was asked for. */
class BadRequest extends KeysUnavailable {}

function reasonOf(error: unknown): string {
  const { name, code } = error as { name?: string; code?: string };
  if (name === 'TimeoutError' || name === 'AbortError') return 'it does not answer in time';
  return `it cannot be reached (${code ?? name ?? 'unknown'})`;
}

function dataOf(content: string): Record<string, unknown> {
  return (parse(content)['data'] ?? {}) as Record<string, unknown>;
}

function errorsOf(content: string): string {
  const { errors } = parse(content) as { errors?: unknown };
  return Array.isArray(errors) ? errors.join('; ').replace(/\s+/g, ' ').slice(0, 300) : '';
}

function parse(content: string): Record<string, unknown> {
  try {
    return JSON.parse(content) as Record<string, unknown>;
  } catch {
    return {};
  }
}
