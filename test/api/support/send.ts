import { Agent, type IncomingHttpHeaders, request } from 'node:http';

export interface Sent {
  method: string;
  /** As it stands, with its query: fetch would put `..` and `%2e` in order before the server sees them. */
  path: string;
  headers?: Record<string, string> | undefined;
  body?: string | Uint8Array | undefined;
}

export interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  /** Empty for a stream of events, which has no end. */
  text: string;
}

/** Connections are kept, as one for each of ten thousand requests would be most of the work. */
export class Sender {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 8 });
  readonly #url: URL;

  constructor(url: string) {
    this.#url = new URL(url);
  }

  send({ method, path, headers: said = {}, body }: Sent): Promise<Reply> {
    // Node leaves it out where a method has no body as a rule; the rest would then be taken for another request.
    const framed = body === undefined || said['transfer-encoding'] !== undefined;
    const headers = framed ? said : { ...said, 'content-length': String(Buffer.byteLength(body)) };
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    const sent = request(
      { host: this.#url.hostname, port: this.#url.port, method, path, headers, agent: this.#agent },
      (response) => {
        const chunks: Buffer[] = [];
        const status = response.statusCode ?? 0;
        if (response.headers['content-type']?.startsWith('text/event-stream')) {
          response.destroy();
          resolve({ status, headers: response.headers, text: '' });
          return;
        }
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({ status, headers: response.headers, text: Buffer.concat(chunks).toString() }),
        );
      },
    );
    sent.on('error', reject);
    sent.end(body);
    return promise;
  }

  close(): void {
    this.#agent.destroy();
  }
}
