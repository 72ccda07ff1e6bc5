import { request } from 'node:http';

/** Sends a path as it stands: fetch would put `..` and `%2e` in order before the server sees them. */
export function sendRaw(
  url: string,
  options: { method: string; path: string; headers?: Record<string, string>; body?: Uint8Array | string },
): Promise<{ status: number; text: string }> {
  const { hostname, port } = new URL(url);
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  const sent = request(
    {
      hostname,
      port,
      method: options.method,
      path: options.path,
      headers: options.headers ?? {},
      agent: false,
    },
    (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      response.on('error', reject);
    },
  );
  sent.on('error', reject);
  sent.end(options.body);
  return promise;
}
