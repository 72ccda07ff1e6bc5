import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { createSecureContext, type SecureContext, type SecureContextOptions, TLSSocket } from 'node:tls';
import { TlsPeel } from '../src/clear-command-channel.ts';
import type { TestCertificate } from './certificates.ts';

/** What a scripted server does differently from a good one. */
export interface Script {
  mode?: 'explicit' | 'implicit' | 'plain';
  certificate: TestCertificate;
  /** Another one on data connections. */
  dataCertificate?: TestCertificate;
  /** PEM of the authority our client's certificate must come from. */
  demandClientCertificate?: string;
  versions?: Pick<SecureContextOptions, 'minVersion' | 'maxVersion'>;
  /** Instead of the good answer; `''` is silence, several lines are several replies. */
  answer?: (verb: string, argument: string) => string | undefined;
  greeting?: string;
  /** Sent in clear together with the answer to AUTH. */
  injected?: string;
  /** Every byte of a reply on its own. */
  dripReplies?: boolean;
  /** How data ends: with close_notify, by a bare FIN, by a reset, never; or it is not TLS at all, or says nothing. */
  data?: 'clean' | 'bare_fin' | 'reset' | 'stalled' | 'clear_text' | 'silent';
  /** The reply that ends a transfer, where it is not 226. */
  final?: string;
  uploads?: { refuseAfterBytes: number; reply: string };
  /** Where it listens; default 127.0.0.1. */
  host?: '::1';
  /** EPSV is unknown, and PASV states this address or somebody else's. */
  passive?: 'pasv' | 'pasv_elsewhere';
  /** EPRT is unknown. */
  active?: 'port';
  /** Bytes that really come, where they differ from what SIZE says. */
  sent?: Buffer;
  files?: Map<string, Buffer>;
  features?: string[];
}

/** A server small enough to be wrong in any single way; a spec is written against one wrongness at a time. */
export class ScriptedServer {
  readonly commands: string[] = [];
  readonly files: Map<string, Buffer>;
  /** Everything that reached us unprotected. */
  clearText = '';
  readonly #script: Script;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #context: SecureContext;
  readonly #dataContext: SecureContext;

  private constructor(script: Script) {
    this.#script = script;
    this.files = script.files ?? new Map();
    this.#context = contextFor(script, script.certificate);
    this.#dataContext = script.dataCertificate ? contextFor(script, script.dataCertificate) : this.#context;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  static async start(script: Script): Promise<ScriptedServer> {
    const server = new ScriptedServer(script);
    server.#server.listen(0, script.host ?? '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #serve(socket: Socket): void {
    this.#remember(socket);
    if (this.#script.mode === 'implicit') {
      const tls = this.#secure(passThrough(socket), this.#context);
      tls.once('secure', () => new Dialogue(this.#script, this, tls).greet());
      return;
    }
    const dialogue = new Dialogue(this.#script, this, socket);
    socket.on('data', (chunk) => {
      if (!dialogue.secured) this.clearText += chunk.toString('latin1');
    });
    dialogue.onAuth = () => {
      const peel = new TlsPeel(socket);
      dialogue.peel = peel;
      return this.#secure(peel, this.#context);
    };
    dialogue.greet();
  }

  /** A listener for one data connection; the connection is handed over when it is there. */
  readonly openData = async (): Promise<{ port: number; take: () => Promise<DataConnection> }> => {
    const listener = createServer();
    listener.listen(0, this.#script.host ?? '127.0.0.1');
    await once(listener, 'listening');
    const connection = once(listener, 'connection').then(([socket]) => {
      listener.close();
      this.#remember(socket);
      return socket as Socket;
    });
    return {
      port: (listener.address() as AddressInfo).port,
      take: async () => this.#dataOver(await connection),
    };
  };

  /** Active mode: we connect as soon as there is something to transfer. */
  readonly dialData = async (host: string, port: number): Promise<DataConnection> => {
    const socket = connect({ host, port });
    this.#remember(socket);
    await once(socket, 'connect');
    return this.#dataOver(socket);
  };

  #dataOver(raw: Socket): DataConnection {
    return { raw, secure: () => this.#secure(passThrough(raw), this.#dataContext) };
  }

  #secure(transport: Duplex, secureContext: SecureContext): TLSSocket {
    const tls = new TLSSocket(transport, {
      isServer: true,
      secureContext,
      requestCert: this.#script.demandClientCertificate !== undefined,
      rejectUnauthorized: true,
    });
    tls.on('error', () => {});
    return tls;
  }

  #remember(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
  }
}

interface DataConnection {
  raw: Socket;
  secure: () => TLSSocket;
}

/** Commands in, replies out. */
class Dialogue {
  onAuth: (() => TLSSocket) | undefined;
  peel: TlsPeel | undefined;
  secured = false;
  #clearData: boolean;
  readonly #script: Script;
  readonly #server: ScriptedServer;
  #stream: Duplex;
  #input = '';
  #turn: Promise<void> = Promise.resolve();
  #data: { take: () => Promise<DataConnection> } | undefined;

  constructor(script: Script, server: ScriptedServer, stream: Duplex) {
    this.#script = script;
    this.#server = server;
    this.#stream = stream;
    this.#clearData = script.mode === 'plain';
    this.#read(stream);
  }

  greet(): void {
    this.#say(this.#script.greeting ?? '220 ready');
  }

  #read(stream: Duplex): void {
    this.#stream = stream;
    stream.on('error', () => {});
    stream.on('data', (chunk: Buffer) => {
      if (stream !== this.#stream) return;
      this.#input += chunk.toString('utf8');
      for (let end = this.#input.indexOf('\r\n'); end !== -1; end = this.#input.indexOf('\r\n')) {
        const line = this.#input.slice(0, end);
        this.#input = this.#input.slice(end + 2);
        this.#server.commands.push(line);
        const space = line.indexOf(' ');
        const obey = () =>
          this.#obey(space === -1 ? line : line.slice(0, space), space === -1 ? '' : line.slice(space + 1));
        // One after the other, as a server with one process per client does.
        this.#turn = this.#turn.then(obey);
      }
    });
  }

  #say(text: string): void {
    if (text === '') return;
    const bytes = Buffer.from(`${text}\r\n`);
    if (this.#script.dripReplies) for (const byte of bytes) this.#stream.write(Buffer.from([byte]));
    else this.#stream.write(bytes);
  }

  async #obey(verb: string, argument: string): Promise<void> {
    const scripted = this.#script.answer?.(verb, argument);
    if (scripted !== undefined) {
      this.#say(scripted);
      return;
    }
    switch (verb) {
      case 'AUTH':
        return this.#startTls();
      case 'CCC':
        this.#say('200 in clear from here on');
        this.secured = false;
        return this.#read(this.peel!.takeOff(this.#stream as TLSSocket));
      case 'PROT':
        this.#clearData = argument === 'C';
        return this.#say('200 ok');
      case 'PASV':
      case 'EPSV':
        return this.#becomePassive(verb);
      case 'PORT':
      case 'EPRT':
        return this.#becomeActive(verb, argument);
      case 'RETR':
      case 'MLSD':
      case 'LIST':
        return this.#sendData(this.#script.sent ?? this.#server.files.get(argument) ?? Buffer.alloc(0));
      case 'STOR':
        return this.#receiveData(argument);
      default:
        return this.#say(this.#plainAnswer(verb, argument));
    }
  }

  async #becomePassive(verb: string): Promise<void> {
    const { passive } = this.#script;
    if (passive && verb === 'EPSV') return this.#say('500 what?');
    const opened = await this.#server.openData();
    this.#data = opened;
    const { port } = opened;
    const address = passive === 'pasv_elsewhere' ? '10,9,8,7' : '127,0,0,1';
    this.#say(
      verb === 'PASV' ? `227 Entering (${address},${port >> 8},${port & 255})` : `229 Entering (|||${port}|)`,
    );
  }

  #becomeActive(verb: string, argument: string): void {
    if (this.#script.active === 'port' && verb === 'EPRT') {
      this.#say('500 what?');
      return;
    }
    const [host = '', port] = verb === 'EPRT' ? argument.split('|').slice(2, 4) : fromPort(argument);
    this.#data = { take: () => this.#server.dialData(host, Number(port)) };
    this.#say('200 I will connect');
  }

  #plainAnswer(verb: string, argument: string): string {
    const features = this.#script.features ?? ['SIZE', 'MDTM', 'MLST type*;size*;modify*;'];
    const file = this.#server.files.get(argument);
    const answers: Record<string, string> = {
      USER: '331 password',
      PASS: '230 welcome',
      PBSZ: '200 ok',
      FEAT: `211-Features\r\n${features.map((name) => ` ${name}\r\n`).join('')}211 End`,
      TYPE: '200 ok',
      CWD: '250 ok',
      QUIT: '221 bye',
      SIZE: file ? `213 ${file.length}` : '550 no',
      MDTM: file ? '213 20261121060000' : '550 no',
      MLST: file
        ? `250-facts\r\n type=file;size=${file.length};modify=20261121060000; ${argument}\r\n250 end`
        : '550 no',
    };
    return answers[verb] ?? '502 not here';
  }

  #startTls(): void {
    const upgrade = this.onAuth;
    if (!upgrade) {
      this.#say('503 already');
      return;
    }
    this.#say(`234 go${this.#script.injected ? `\r\n${this.#script.injected}` : ''}`);
    this.secured = true;
    this.#read(upgrade());
  }

  async #sendData(bytes: Buffer): Promise<void> {
    const taken = this.#data?.take();
    this.#say('150 here it comes');
    const connection = await taken;
    const { data = 'clean' } = this.#script;
    if (!connection || data === 'silent') return;
    const { raw } = connection;
    if (data === 'clear_text' || this.#clearData) {
      raw.end(bytes);
      return this.#say('226 done');
    }
    const tls = connection.secure();
    tls.resume();
    await once(tls, 'secure');
    if (bytes.length > 0) await new Promise((resolve) => tls.write(bytes, resolve));
    if (data === 'clean') tls.end();
    else if (data === 'bare_fin') raw.end();
    else if (data === 'reset') raw.resetAndDestroy();
    else return;
    this.#say(this.#script.final ?? '226 done');
  }

  async #receiveData(path: string): Promise<void> {
    const taken = this.#data?.take();
    this.#say('150 go on');
    const connection = await taken;
    if (!connection) return;
    const tls = this.#clearData ? connection.raw : connection.secure();
    const chunks: Buffer[] = [];
    const { uploads } = this.#script;
    let count = 0;
    tls.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      count += chunk.length;
      if (!uploads || count <= uploads.refuseAfterBytes || connection.raw.destroyed) return;
      connection.raw.destroy();
      this.#say(uploads.reply);
    });
    await once(tls, 'end');
    tls.end();
    this.#server.files.set(path, Buffer.concat(chunks));
    this.#say('226 stored');
  }
}

function fromPort(argument: string): [host: string, port: number] {
  const numbers = argument.split(',').map(Number);
  return [numbers.slice(0, 4).join('.'), numbers[4]! * 256 + numbers[5]!];
}

function contextFor(script: Script, { cert, key }: TestCertificate): SecureContext {
  return createSecureContext({
    cert,
    key,
    ...script.versions,
    ...(script.demandClientCertificate ? { ca: script.demandClientCertificate } : {}),
    sessionIdContext: 'scripted',
  });
}

/** TLS over this leaves the TCP connection in our hands, to be ended without TLS knowing. */
function passThrough(raw: Socket): Duplex {
  const duplex = new Duplex({
    read: () => raw.resume(),
    write: (chunk, _encoding, done) => void raw.write(chunk, done),
    final: (done) => void raw.end(done),
    destroy: (error, done) => {
      raw.destroy();
      done(error);
    },
  });
  raw.on('data', (chunk) => {
    if (!duplex.push(chunk)) raw.pause();
  });
  raw.on('end', () => duplex.push(null));
  raw.on('close', () => duplex.destroy());
  return duplex;
}
