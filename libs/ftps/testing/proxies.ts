import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { RevealedProxy } from '../src/proxy.ts';

/** What a test proxy does differently from a good one. */
export interface ProxyScript {
  kind: 'socks5' | 'http_connect';
  /** Demanded; without it nobody is asked. */
  credentials?: { username: string; password: string };
  /** Names that only this proxy can resolve. */
  names?: Record<string, string>;
  /** Sent to every request instead of a tunnel; none at all is silence. */
  answer?: Buffer | 'none';
  /** Each byte of a good answer in its own packet. */
  drip?: boolean;
  /** A byte every few milliseconds, and no end: what is said instead of an answer. */
  endless?: string;
  /** The first connection's answer waits for the target's first bytes, and they travel together. */
  withFirstBytes?: boolean;
  /** Sent in front of a good HTTP answer. */
  interim?: string;
  /** Hangs up as soon as somebody asks. */
  hangsUp?: boolean;
}

const DRIP_MS = 5;

/** A proxy in this process; it keeps what it was asked for. */
export class TestProxy {
  /** `host:port` as it was asked for. */
  readonly requests: string[] = [];
  readonly #script: ProxyScript;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #clients = new Set<Socket>();

  private constructor(script: ProxyScript) {
    this.#script = script;
    this.#server = createServer({ noDelay: true }, (socket) => {
      this.#remember(socket);
      this.#clients.add(socket);
      socket.on('close', () => this.#clients.delete(socket));
      const serve = script.kind === 'socks5' ? this.#socks(socket) : this.#http(socket);
      serve.catch(() => socket.destroy());
    });
  }

  static async start(script: ProxyScript): Promise<TestProxy> {
    const proxy = new TestProxy(script);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  /** Open now, those to targets not counted. */
  get connections(): number {
    return this.#clients.size;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** As the one who dials wants it. */
  get access(): RevealedProxy {
    const { kind, credentials } = this.#script;
    return { kind, host: '127.0.0.1', port: this.port, ...credentials };
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #http(socket: Socket): Promise<void> {
    const { credentials, interim = '' } = this.#script;
    const head = (await takeUntil(socket, '\r\n\r\n')).toString('latin1');
    const [, host = '', port = ''] = /^CONNECT (\S+):(\d+) HTTP\/1\.1\r\n/.exec(head) ?? [];
    const [, basic = ''] = /\r\nProxy-Authorization: Basic (\S+)\r\n/.exec(head) ?? [];
    this.requests.push(`${host}:${port}`);
    if (this.#misbehaves(socket)) return;
    const given = Buffer.from(basic, 'base64').toString();
    if (credentials && given !== `${credentials.username}:${credentials.password}`) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="x"\r\n\r\n');
      return;
    }
    const target = await this.#reach(host.replace(/^\[|\]$/g, ''), Number(port));
    if (!target) socket.end('HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n');
    else
      await this.#tunnel(
        socket,
        target,
        Buffer.from(`${interim}HTTP/1.1 200 Connection established\r\n\r\n`),
      );
  }

  /** RFC 1928 and RFC 1929. */
  async #socks(socket: Socket): Promise<void> {
    const { credentials } = this.#script;
    const [, methodCount = 0] = await take(socket, 2);
    const methods = await take(socket, methodCount);
    if (credentials) {
      if (!methods.includes(2)) return void socket.end(Buffer.from([5, 0xff]));
      socket.write(Buffer.from([5, 2]));
      const username = (await takeCounted(socket, 1)).toString();
      const password = (await takeCounted(socket, 0)).toString();
      const good = username === credentials.username && password === credentials.password;
      socket.write(Buffer.from([1, good ? 0 : 1]));
      if (!good) return void socket.end();
    } else if (!this.#script.answer) {
      socket.write(Buffer.from([5, 0]));
    }
    if (!credentials && this.#misbehaves(socket)) return;
    const [, , , addressType] = await take(socket, 4);
    const host = await takeHost(socket, addressType);
    const port = (await take(socket, 2)).readUInt16BE();
    this.requests.push(`${host}:${port}`);
    if (this.#misbehaves(socket)) return;
    const target = await this.#reach(host, port);
    if (!target) socket.end(Buffer.from([5, 5, 0, 1, 0, 0, 0, 0, 0, 0]));
    else await this.#tunnel(socket, target, Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 21]));
  }

  #misbehaves(socket: Socket): boolean {
    const { answer, endless, hangsUp } = this.#script;
    if (answer === 'none') return true;
    if (answer) socket.write(answer);
    if (hangsUp) socket.end();
    if (endless === undefined) return answer !== undefined || hangsUp === true;
    let said = 0;
    const timer = setInterval(() => socket.write(endless[said++ % endless.length]!), DRIP_MS);
    socket.once('close', () => clearInterval(timer));
    return true;
  }

  async #reach(host: string, port: number): Promise<Socket | undefined> {
    const target = connect({ host: this.#script.names?.[host] ?? host, port });
    this.#remember(target);
    const connected = once(target, 'connect').then(() => true);
    return (await connected.catch(() => false)) ? target : undefined;
  }

  async #tunnel(socket: Socket, target: Socket, answer: Buffer): Promise<void> {
    const { drip, withFirstBytes } = this.#script;
    if (withFirstBytes && this.requests.length === 1) {
      const [firstBytes] = (await once(target, 'data')) as [Buffer];
      socket.write(Buffer.concat([answer, firstBytes]));
    } else if (drip) {
      for (const byte of answer) await new Promise((resolve) => socket.write(Buffer.from([byte]), resolve));
    } else {
      socket.write(answer);
    }
    target.pipe(socket);
    socket.pipe(target);
  }

  #remember(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
  }
}

async function take(socket: Socket, count: number): Promise<Buffer> {
  if (count === 0) return Buffer.alloc(0);
  for (;;) {
    const bytes = socket.read(count) as Buffer | null;
    if (bytes) return bytes;
    await once(socket, 'readable');
    if (socket.readableEnded) throw new Error('the client left');
  }
}

async function takeUntil(socket: Socket, end: string): Promise<Buffer> {
  let text = '';
  while (!text.endsWith(end)) text += (await take(socket, 1)).toString('latin1');
  return Buffer.from(text, 'latin1');
}

/** A length in one byte, `before` other bytes ahead of it. */
async function takeCounted(socket: Socket, before: number): Promise<Buffer> {
  await take(socket, before);
  const [count = 0] = await take(socket, 1);
  return take(socket, count);
}

async function takeHost(socket: Socket, addressType: number | undefined): Promise<string> {
  if (addressType === 1) return (await take(socket, 4)).join('.');
  if (addressType === 3) return (await takeCounted(socket, 0)).toString();
  const bytes = await take(socket, 16);
  return Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16)).join(':');
}
