import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { link, mkdir, open, rename, rm, rmdir, utimes } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import type { SecureContext, TLSSocket } from 'node:tls';
import { PassiveListener, sendBytes, sendFile } from './data-connection.ts';
import { type FileTree, factsLine, listLine, timeValue } from './file-tree.ts';
import type { PartnerSim } from './partner-sim.ts';
import { acceptTls, describe } from './tls-accept.ts';

const MAX_LINE_BYTES = 8192;

export interface ControlSessionParts {
  sim: PartnerSim;
  tree: FileTree;
  secureContext: SecureContext;
  implicit: boolean;
  readOnly: boolean;
  requireSessionReuse: boolean;
  onClearBytes(bytes: Buffer): void;
  onEnd(): void;
}

type Verb = (argument: string) => Promise<void> | void;

/** One client's dialogue: commands in the order they come, one at a time. */
export class ControlSession {
  readonly #parts: ControlSessionParts;
  #socket: Socket | TLSSocket;
  #buffer = Buffer.alloc(0);
  #working: Promise<void> = Promise.resolve();
  #user = '';
  #loggedIn = false;
  #secured = false;
  #protection: 'clear' | 'private';
  #directory = '/';
  #passive: PassiveListener | undefined;
  #restart = 0;
  #renameFrom: string | undefined;

  constructor(socket: Socket, parts: ControlSessionParts) {
    this.#socket = socket;
    this.#parts = parts;
    this.#protection = parts.implicit ? 'private' : 'clear';
    socket.on('error', () => this.destroy());
    socket.on('close', () => this.#end());
  }

  start(): void {
    this.#working = this.#greet().catch(() => this.destroy());
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #end(): void {
    this.#passive?.close();
    this.#parts.onEnd();
  }

  async #greet(): Promise<void> {
    const { banner } = this.#parts.sim.faults;
    if (this.#parts.implicit) await this.#secure();
    else this.#listen();
    if (banner === 'silent') return;
    if (banner === 'http')
      return void this.#socket.write('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
    await this.#reply('220 Partner simulator ready.');
  }

  async #secure(): Promise<void> {
    this.#socket.removeAllListeners('data');
    const secured = await acceptTls(this.#socket as Socket, this.#parts.secureContext);
    this.#parts.sim.handshakes.push(describe('control', secured));
    secured.on('close', () => this.#end());
    this.#socket = secured;
    this.#secured = true;
    this.#buffer = Buffer.alloc(0);
    this.#listen();
  }

  #listen(): void {
    this.#socket.on('data', (bytes: Buffer) => {
      if (!this.#secured) this.#parts.onClearBytes(Buffer.from(bytes));
      this.#buffer = Buffer.concat([this.#buffer, bytes]);
      if (this.#buffer.length > MAX_LINE_BYTES) return this.destroy();
      this.#takeLines();
    });
  }

  #takeLines(): void {
    for (let end = this.#buffer.indexOf('\r\n'); end !== -1; end = this.#buffer.indexOf('\r\n')) {
      const line = this.#buffer.subarray(0, end).toString('utf8');
      this.#buffer = this.#buffer.subarray(end + 2);
      this.#working = this.#working.then(() => this.#obey(line)).catch(() => this.destroy());
    }
  }

  async #reply(text: string): Promise<void> {
    const bytes = Buffer.from(`${text}\r\n`);
    if (!this.#parts.sim.faults.splitReplies) return void this.#socket.write(bytes);
    for (const byte of bytes) {
      this.#socket.write(Buffer.from([byte]));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async #obey(line: string): Promise<void> {
    const blank = line.indexOf(' ');
    const verb = (blank === -1 ? line : line.slice(0, blank)).toUpperCase();
    const argument = blank === -1 ? '' : line.slice(blank + 1);
    const open = BEFORE_LOGIN.has(verb);
    const act = this.#verbs[verb];
    if (!act) return this.#reply(`500 ${verb} is not understood.`);
    if (!open && !this.#loggedIn) return this.#reply('530 Log in first.');
    if (this.#parts.readOnly && WRITING.has(verb)) return this.#reply('550 Permission denied.');
    await act(argument);
  }

  readonly #verbs: Readonly<Record<string, Verb>> = {
    AUTH: (argument) => this.#auth(argument),
    USER: (argument) => {
      if (!this.#secured) return this.#reply('530 TLS is required.');
      this.#user = argument;
      return this.#reply('331 Password, please.');
    },
    PASS: (argument) => this.#logIn(argument),
    PBSZ: () => this.#reply(this.#secured ? '200 PBSZ=0' : '503 AUTH first.'),
    PROT: (argument) => this.#prot(argument),
    FEAT: () =>
      this.#reply(`211-Features:\r\n${FEATURES.map((feature) => ` ${feature}`).join('\r\n')}\r\n211 End`),
    OPTS: () => this.#reply('200 Noted.'),
    SYST: () => this.#reply('215 UNIX Type: L8'),
    TYPE: () => this.#reply('200 Type is set.'),
    MODE: (argument) => this.#reply(argument.toUpperCase() === 'S' ? '200 Stream.' : '504 Only stream.'),
    STRU: (argument) => this.#reply(argument.toUpperCase() === 'F' ? '200 File.' : '504 Only file.'),
    NOOP: () => this.#reply('200 Still here.'),
    QUIT: async () => {
      await this.#reply('221 Goodbye.');
      this.#socket.end();
    },
    PWD: () => this.#reply(`257 "${this.#directory.replaceAll('"', '""')}" is the current directory.`),
    CWD: (argument) => this.#changeDirectory(argument),
    CDUP: () => this.#changeDirectory('..'),
    EPSV: () => this.#enterPassive((port) => `229 Entering extended passive mode (|||${port}|)`),
    PASV: () =>
      this.#enterPassive(
        (port) =>
          `227 Entering passive mode (${this.#parts.sim.host.replaceAll('.', ',')},${port >> 8},${port & 0xff})`,
      ),
    MLSD: (argument) =>
      this.#list(argument, (entry) => factsLine(entry, this.#parts.sim.faults.lieAboutSizeBy ?? 0)),
    LIST: (argument) => this.#list(argument.replace(/^-\S+ ?/, ''), listLine),
    MLST: (argument) => this.#mlst(argument),
    SIZE: (argument) => this.#size(argument),
    MDTM: async (argument) => {
      const stats = await this.#parts.tree.stats(this.#path(argument));
      return this.#reply(stats?.isFile() ? `213 ${timeValue(stats.mtime)}` : '550 No such file.');
    },
    MFMT: (argument) => this.#setTime(argument),
    REST: (argument) => {
      this.#restart = Number(argument);
      return this.#reply(`350 Restarting at ${this.#restart}.`);
    },
    RETR: (argument) => this.#retrieve(argument),
    STOR: (argument) => this.#store(argument),
    RNFR: async (argument) => {
      this.#renameFrom = (await this.#parts.tree.stats(this.#path(argument)))
        ? await this.#parts.tree.place(this.#path(argument))
        : undefined;
      return this.#reply(this.#renameFrom === undefined ? '550 No such file.' : '350 To which name?');
    },
    RNTO: (argument) => this.#renameTo(argument),
    DELE: (argument) => this.#attempt(argument, '250 Deleted.', (place) => rm(place)),
    MKD: (argument) =>
      this.#attempt(argument, `257 "${argument.replaceAll('"', '""')}" made.`, (place) => mkdir(place)),
    RMD: (argument) => this.#attempt(argument, '250 Removed.', (place) => rmdir(place)),
    HASH: async (argument) => {
      const hash = await this.#hash(argument);
      return this.#reply(
        hash ? `213 SHA-256 0-${hash.sizeBytes} ${hash.hex} ${argument}` : '550 No such file.',
      );
    },
    XSHA256: async (argument) => {
      const hash = await this.#hash(argument);
      return this.#reply(hash ? `250 ${hash.hex.toUpperCase()}` : '550 No such file.');
    },
    ABOR: () => this.#reply('226 Nothing to abort.'),
  };

  #path(argument: string): string {
    return this.#parts.tree.resolve(this.#directory, argument);
  }

  async #auth(argument: string): Promise<void> {
    if (this.#parts.sim.faults.authTls === 'refuse') return this.#reply('502 TLS is not offered.');
    if (argument.toUpperCase() !== 'TLS') return this.#reply('504 Only TLS.');
    if (this.#secured) return this.#reply('503 Already secured.');
    await this.#reply('234 Go ahead.');
    await this.#secure();
  }

  async #logIn(password: string): Promise<void> {
    const { sim } = this.#parts;
    if (sim.faults.loginReply) return this.#reply(sim.faults.loginReply);
    const digest = (text: string) => createHash('sha256').update(text).digest();
    const known = this.#user === sim.username && timingSafeEqual(digest(password), digest(sim.password));
    if (!this.#secured || !known) return this.#reply('530 Login incorrect.');
    this.#loggedIn = true;
    return this.#reply('230 Welcome.');
  }

  #prot(argument: string): Promise<void> {
    if (this.#parts.sim.faults.prot === 'refuse') return this.#reply('534 Protection is not available.');
    if (argument.toUpperCase() !== 'P') return this.#reply('534 Only private data connections.');
    this.#protection = 'private';
    return this.#reply('200 Private.');
  }

  async #changeDirectory(argument: string): Promise<void> {
    const path = this.#path(argument);
    if (!(await this.#parts.tree.stats(path))?.isDirectory()) return this.#reply('550 No such directory.');
    this.#directory = path;
    return this.#reply('250 Directory changed.');
  }

  async #enterPassive(answer: (port: number) => string): Promise<void> {
    this.#passive?.close();
    this.#passive = await PassiveListener.open(this.#parts.sim.host, this.#socket.remoteAddress ?? '');
    return this.#reply(answer(this.#passive.port));
  }

  async #mlst(argument: string): Promise<void> {
    const path = this.#path(argument);
    const stats = await this.#parts.tree.stats(path);
    if (!stats) return this.#reply('550 No such file or directory.');
    const line = factsLine({ name: path, stats }, this.#parts.sim.faults.lieAboutSizeBy ?? 0);
    return this.#reply(`250-Listing\r\n ${line}\r\n250 End`);
  }

  async #size(argument: string): Promise<void> {
    const stats = await this.#parts.tree.stats(this.#path(argument));
    if (!stats?.isFile()) return this.#reply('550 No such file.');
    return this.#reply(`213 ${stats.size + (this.#parts.sim.faults.lieAboutSizeBy ?? 0)}`);
  }

  async #setTime(argument: string): Promise<void> {
    const [, digits = '', name = ''] = /^(\d{14}) (.+)$/.exec(argument) ?? [];
    const iso = digits.replace(/^(....)(..)(..)(..)(..)(..)$/, '$1-$2-$3T$4:$5:$6Z');
    return this.#attempt(name, `213 Modify=${digits}; ${name}`, (place) =>
      utimes(place, new Date(iso), new Date(iso)),
    );
  }

  async #list(
    argument: string,
    line: (entry: { name: string; stats: import('node:fs').Stats }) => string,
  ): Promise<void> {
    const entries = await this.#parts.tree.entries(this.#path(argument || '.'));
    if (!entries) return this.#reply('550 No such directory.');
    const text = entries.map((entry) => `${line(entry)}\r\n`).join('');
    await this.#overData(async (data) => {
      await sendBytes(Buffer.from(text), data);
      return '226 Listed.';
    });
  }

  async #retrieve(argument: string): Promise<void> {
    const path = this.#path(argument);
    const stats = await this.#parts.tree.stats(path);
    const place = await this.#parts.tree.place(path);
    if (!stats?.isFile() || place === undefined) return this.#reply('550 No such file.');
    const offset = this.#takeRestart();
    const { faults } = this.#parts.sim;
    await this.#overData(async (data) => {
      const limits = {
        truncateAfterBytes: faults.truncateDownloadAfterBytes,
        stallAfterBytes: faults.stallDownloadAfterBytes,
      };
      if ((await sendFile(place, offset, data, limits)) === 'stalled') await once(data, 'close');
      return '226 Sent.';
    });
  }

  async #store(argument: string): Promise<void> {
    const place = await this.#parts.tree.place(this.#path(argument));
    const offset = this.#takeRestart();
    const file =
      place === undefined ? undefined : await open(place, offset > 0 ? 'r+' : 'w').catch(() => undefined);
    if (!file) return this.#reply('553 Cannot create the file.');
    await this.#overData((data) => this.#receive(data, file, offset)).finally(() => file.close());
  }

  async #receive(
    data: Socket | TLSSocket,
    file: import('node:fs/promises').FileHandle,
    offset: number,
  ): Promise<string> {
    const limit = this.#parts.sim.faults.diskFullAfterBytes ?? Number.POSITIVE_INFINITY;
    let received = 0;
    for await (const chunk of data as AsyncIterable<Buffer>) {
      if (received + chunk.length > limit) return '452 No space left.';
      await file.write(chunk, 0, chunk.length, offset + received);
      received += chunk.length;
    }
    await file.sync();
    return '226 Stored.';
  }

  #takeRestart(): number {
    const offset = this.#restart;
    this.#restart = 0;
    return offset;
  }

  /** 150, TLS (RFC 4217 section 12.7: after the reply), the transfer, its end, the final reply. */
  async #overData(transfer: (data: Socket | TLSSocket) => Promise<string>): Promise<void> {
    const passive = this.#passive;
    this.#passive = undefined;
    if (!passive) return this.#reply('425 EPSV or PASV first.');
    if (this.#protection !== 'private') return this.#reply('522 PROT P first.');
    const { sim } = this.#parts;
    await this.#reply('150 Here it comes.');
    const raw = await passive.accept().catch(() => undefined);
    if (!raw) return this.#reply('425 No data connection.');
    if (sim.faults.dataChannel === 'close') {
      raw.destroy();
      return this.#reply('425 Cannot build the data connection.');
    }
    const data = sim.faults.dataChannel === 'clear' ? raw : await this.#secureData(raw);
    if (!data) return;
    data.resume();
    if (sim.faults.dataChannel === 'clear')
      raw.on('data', (bytes: Buffer) => this.#parts.onClearBytes(bytes));
    data.pause();
    const reply = await transfer(data).catch(() => '426 The data connection broke.');
    await this.#endData(data, raw);
    if (sim.faults.finalReply !== 'missing') await this.#reply(reply);
    if (sim.faults.extraReply) await this.#reply('200 By the way.');
  }

  async #secureData(raw: Socket): Promise<TLSSocket | undefined> {
    const secured = await acceptTls(raw, this.#parts.secureContext).catch(() => undefined);
    if (!secured) {
      await this.#reply('425 TLS failed on the data connection.');
      return undefined;
    }
    this.#parts.sim.handshakes.push(describe('data', secured));
    if (!this.#parts.requireSessionReuse || secured.isSessionReused()) return secured;
    secured.destroy();
    await this.#reply('522 Session reuse is required.');
    return undefined;
  }

  async #endData(data: Socket | TLSSocket, raw: Socket): Promise<void> {
    if (data.destroyed) return;
    if (this.#parts.sim.faults.omitCloseNotify) {
      raw.end();
      return;
    }
    const closed = once(data, 'close');
    data.resume();
    data.end();
    await closed;
  }

  async #renameTo(argument: string): Promise<void> {
    const from = this.#renameFrom;
    this.#renameFrom = undefined;
    const { faults } = this.#parts.sim;
    if (faults.renameReply) return this.#reply(faults.renameReply);
    if (faults.dieAtRename === 'before') return this.destroy();
    const to = await this.#parts.tree.place(this.#path(argument));
    if (from === undefined || to === undefined) return this.#reply('503 RNFR first.');
    try {
      await moveWithoutReplacing(from, to);
    } catch (error) {
      return this.#reply(
        (error as NodeJS.ErrnoException).code === 'EEXIST' ? '553 The name is taken.' : '550 Cannot rename.',
      );
    }
    if (faults.dieAtRename === 'after') return this.destroy();
    return this.#reply('250 Renamed.');
  }

  async #attempt(argument: string, done: string, act: (place: string) => Promise<unknown>): Promise<void> {
    const place = await this.#parts.tree.place(this.#path(argument));
    try {
      if (place === undefined) throw new Error('outside');
      await act(place);
    } catch {
      return this.#reply('550 That did not work.');
    }
    return this.#reply(done);
  }

  async #hash(argument: string): Promise<{ hex: string; sizeBytes: number } | undefined> {
    const path = this.#path(argument);
    const stats = await this.#parts.tree.stats(path);
    const place = await this.#parts.tree.place(path);
    if (!stats?.isFile() || place === undefined) return undefined;
    const hash = createHash('sha256');
    await pipeline(createReadStream(place), hash);
    return { hex: hash.digest('hex'), sizeBytes: stats.size };
  }
}

const BEFORE_LOGIN = new Set([
  'AUTH',
  'USER',
  'PASS',
  'PBSZ',
  'PROT',
  'FEAT',
  'OPTS',
  'SYST',
  'NOOP',
  'QUIT',
]);
const WRITING = new Set(['STOR', 'RNFR', 'RNTO', 'DELE', 'MKD', 'RMD', 'MFMT']);
const FEATURES = [
  'AUTH TLS',
  'PBSZ',
  'PROT',
  'UTF8',
  'EPSV',
  'SIZE',
  'MDTM',
  'MFMT',
  'REST STREAM',
  'MLST type*;size*;modify*;',
  'HASH SHA-256*',
  'XSHA256',
];

/** Directories are renamed, files are linked: an existing name is never replaced. */
async function moveWithoutReplacing(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
    await rm(from);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
    await rename(from, to);
  }
}
