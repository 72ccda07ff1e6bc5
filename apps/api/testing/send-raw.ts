import { type IncomingHttpHeaders, request } from 'node:http';

export interface RawAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

export interface RawRequest {
  method: string;
  path: string;
  headers?: Record<string, string>;
  body?: Uint8Array | string;
  /** Which of this machine's addresses it comes from. */
  from?: string;
}

/** Sends a path as it stands: fetch would put `..` and `%2e` in order before the server sees them. */
export function sendRaw(url: string, options: RawRequest): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  const { promise, resolve, reject } = Promise.withResolvers<RawAnswer>();
  const sent = request(
    {
      hostname,
      port,
      method: options.method,
      path: options.path,
      headers: options.headers ?? {},
      ...(options.from !== undefined && { localAddress: options.from }),
      agent: false,
    },
    (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
      );
      response.on('error', reject);
    },
  );
  sent.on('error', reject);
  sent.end(options.body);
  return promise;
}
