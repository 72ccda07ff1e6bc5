import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { duplexPair } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import type { PartnerSim } from '../src/partner-sim.ts';

/** A client without manners: sends what it is told, and shows every piece that came back as it came. */
export class RawClient {
  readonly sim: PartnerSim;
  socket: Socket;
  /** Beside the defaults. */
  readonly #tls: ConnectionOptions;
  /** What arrived, one entry for each piece. */
  pieces: string[] = [];
  #unread = '';
  #session: Buffer | undefined;
  #wake: () => void = () => undefined;

  private constructor(sim: PartnerSim, socket: Socket, tls: ConnectionOptions) {
    this.sim = sim;
    this.#tls = tls;
    this.socket = socket;
    this.#listen();
  }

  static async connect(sim: PartnerSim, tls: ConnectionOptions = {}): Promise<RawClient> {
    const socket = connectTcp({ host: sim.host, port: sim.explicitPort });
    await once(socket, 'connect');
    return new RawClient(sim, socket, tls);
  }

  /** Greeting, AUTH TLS, login, PROT P. */
  static async logIn(sim: PartnerSim, tls: ConnectionOptions = {}): Promise<RawClient> {
    const client = await RawClient.connect(sim, tls);
    await client.reply();
    await client.ask('AUTH TLS');
    await client.secure();
    await client.ask(`USER ${sim.username}`);
    for (const line of [`PASS ${sim.password}`, 'PBSZ 0', 'PROT P']) await client.ask(line);
    return client;
  }

  #listen(): void {
    this.socket.on('error', () => this.socket.destroy());
    this.socket.on('data', (bytes: Buffer) => {
      this.pieces.push(bytes.toString());
      this.#unread += bytes.toString();
      this.#wake();
    });
    this.socket.on('close', () => this.#wake());
  }

  async secure(): Promise<void> {
    this.socket.removeAllListeners('data');
    this.socket = await this.tlsOver(this.socket);
    this.#listen();
  }

  async tlsOver(socket: Socket, session?: Buffer): Promise<TLSSocket> {
    const secured = connectTls({
      socket,
      ...this.#tls,
      servername: 'localhost',
      ca: this.sim.caPem,
      ...(session ? { session } : {}),
    });
    // The newest ticket, whichever connection brought it.
    secured.on('session', (ticket: Buffer) => {
      this.#session = ticket;
    });
    await once(secured, 'secureConnect');
    secured.on('error', () => secured.destroy());
    return secured;
  }

  send(text: string): void {
    this.socket.write(text);
  }

  /** The next complete reply, its lines joined by LF. */
  async reply(): Promise<string> {
    for (;;) {
      const found = /^(?:(\d{3})-[\s\S]*?\r\n\1 [^\r]*|\d{3} [^\r]*)\r\n/.exec(this.#unread);
      if (found) {
        this.#unread = this.#unread.slice(found[0].length);
        return found[0].trimEnd().replaceAll('\r\n', '\n');
      }
      if (this.socket.destroyed) throw new Error('the server closed the control connection');
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  ask(line: string): Promise<string> {
    this.send(`${line}\r\n`);
    return this.reply();
  }

  /** EPSV, TCP, then the command: the raw connection and the first reply. */
  async begin(line: string, localAddress = '127.0.0.1'): Promise<{ raw: Socket; reply: string }> {
    const [, port] = /\|\|\|(\d+)\|/.exec(await this.ask('EPSV')) ?? [];
    const raw = connectTcp({ host: this.sim.host, port: Number(port), localAddress });
    await once(raw, 'connect');
    raw.on('error', () => raw.destroy());
    return { raw, reply: await this.ask(line) };
  }

  /** TLS on a data connection, resuming the control session. */
  async protect(raw: Socket, resume = true): Promise<TLSSocket> {
    return this.tlsOver(raw, resume ? this.#session : undefined);
  }

  async upload(path: string, bytes: Buffer): Promise<string> {
    const { raw } = await this.begin(`STOR ${path}`);
    const data = await this.protect(raw);
    data.resume();
    data.end(bytes);
    return this.reply();
  }

  async download(line: string): Promise<{ bytes: Buffer; final: string }> {
    const { raw } = await this.begin(line);
    const bytes = await buffer(await this.protect(raw));
    return { bytes, final: await this.reply() };
  }

  close(): void {
    this.socket.destroy();
  }
}

/** Stands between a raw connection and TLS, and writes down the type of each record that arrives (TLS 1.2: in clear). */
export function recordTypes(raw: Socket): { end: Socket; types: number[] } {
  const [inner, outer] = duplexPair();
  const types: number[] = [];
  let pending = Buffer.alloc(0);
  raw.on('data', (bytes: Buffer) => {
    pending = Buffer.concat([pending, bytes]);
    for (let length = sizeOf(pending); pending.length >= length; length = sizeOf(pending)) {
      types.push(pending[0]!);
      pending = pending.subarray(length);
    }
    outer.write(bytes);
  });
  raw.on('end', () => outer.end());
  outer.pipe(raw);
  return { end: inner as Socket, types };
}

function sizeOf(bytes: Buffer): number {
  return bytes.length < 5 ? Number.POSITIVE_INFINITY : 5 + bytes.readUInt16BE(3);
}
