import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { unwrapWith, wrapWith } from '../src/symmetric-wrapping.ts';

/**
 * Speaks what Vault's transit engine speaks of `keys`, `encrypt` and `decrypt` (developer.hashicorp.com/vault/api-docs/secret/transit),
 * errors included; and can be away in each way in which a real one is.
 */
export class VaultFake {
  readonly token = `hvs.${randomBytes(18).toString('base64url')}`;
  /** `silent` takes the request and never answers; `confused` is a proxy that refuses every request as a bad one. */
  mode: 'up' | 'sealed' | 'silent' | 'confused' = 'up';
  /** Path of every request, in order. */
  readonly asked: string[] = [];
  readonly #server: Server;
  readonly #versions: Buffer[] = [randomBytes(32)];
  readonly #name: string;
  #port = 0;

  private constructor(name: string) {
    this.#name = name;
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  static async start(name = 'waybill'): Promise<VaultFake> {
    const fake = new VaultFake(name);
    await fake.up();
    return fake;
  }

  get address(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Listens on the port of before. */
  async up(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Nothing listens any more. */
  async down(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '';
    this.asked.push(path);
    if (this.mode === 'silent') return;
    const say = (status: number, body: object): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    if (this.mode === 'confused') return void response.writeHead(400).end('<h1>400 Bad Request</h1>');
    if (this.mode === 'sealed') return say(503, { errors: ['Vault is sealed'] });
    if (request.headers['x-vault-token'] !== this.token)
      return say(403, { errors: ['2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n'] });
    const body =
      request.method === 'POST' ? ((await json(request)) as Record<string, string | undefined>) : {};
    const bound = Buffer.from(body['associated_data'] ?? '', 'base64');
    switch (`${request.method} ${path}`) {
      case `GET /v1/transit/keys/${this.#name}`:
        return say(200, { data: { type: 'aes256-gcm96', latest_version: this.#versions.length } });
      case `POST /v1/transit/keys/${this.#name}/rotate`:
        this.#versions.push(randomBytes(32));
        return say(200, { data: { latest_version: this.#versions.length } });
      case `POST /v1/transit/encrypt/${this.#name}`: {
        const wrapped = wrapWith(
          this.#versions.at(-1)!,
          bound,
          Buffer.from(body['plaintext'] ?? '', 'base64'),
        );
        const ciphertext = `vault:v${this.#versions.length}:${Buffer.from(wrapped).toString('base64')}`;
        return say(200, { data: { ciphertext, key_version: this.#versions.length } });
      }
      case `POST /v1/transit/decrypt/${this.#name}`: {
        const [, version, wrapped] = /^vault:v(\d+):(.+)$/.exec(body['ciphertext'] ?? '') ?? [];
        const key = this.#versions[Number(version) - 1];
        if (!key || wrapped === undefined) return say(400, { errors: ['invalid ciphertext: no prefix'] });
        try {
          const plain = unwrapWith(key, bound, Buffer.from(wrapped, 'base64'));
          return say(200, { data: { plaintext: plain.toString('base64') } });
        } catch {
          return say(400, { errors: ['cipher: message authentication failed'] });
        }
      }
      default:
        return say(404, { errors: [] });
    }
  }
}
