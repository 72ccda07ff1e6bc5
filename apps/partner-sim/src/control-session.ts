import type { Socket } from 'node:net';
import { isIPv4 } from 'node:net';
import { TLSSocket } from 'node:tls';
import { transferData } from './data-transfer.ts';
import {
  type Command,
  type Decision,
  type DialogueState,
  decide,
  readCommand,
  type Transfer,
} from './dialogue.ts';
import { act } from './file-actions.ts';
import type { FileTree } from './file-tree.ts';
import type { PartnerSim } from './partner-sim.ts';
import { PassiveListener } from './passive-listener.ts';
import { writeReply } from './reply-writer.ts';
import type { ServerTls } from './server-tls.ts';
import { acceptTls, describe } from './tls-accept.ts';
import { openJob } from './transfer-jobs.ts';

const MAX_LINE_BYTES = 8192;
const GREETING: Command = { verb: '', argument: '' };

/** A command as it arrived. */
export interface HeardCommand extends Command {
  secured: boolean;
  /** While a data connection was awaited or in use. */
  duringTransfer: boolean;
}

export interface ControlSessionParts {
  sim: PartnerSim;
  tree: FileTree;
  tls: ServerTls;
  /** Another certificate, and ticket keys of its own. */
  otherTls(): ServerTls;
  /** The same certificate, with ticket keys of its own. */
  freshTls(): ServerTls;
  implicit: boolean;
  readOnly: boolean;
  renameReplaces: boolean;
  requireSessionReuse: boolean;
  knows(user: string, password: string): boolean;
  onClearBytes(bytes: Buffer): void;
  onEnd(): void;
}

/** One client: reads its commands, has them decided, and carries the decisions out, one at a time. */
export class ControlSession {
  readonly #parts: ControlSessionParts;
  readonly #raw: Socket;
  readonly #gone = new AbortController();
  #socket: Socket;
  #buffer = Buffer.alloc(0);
  #lines: string[] = [];
  #busy = false;
  #passive: PassiveListener | undefined;
  #transfer: AbortController | undefined;
  /** The transfer under way is finished although the control connection is gone. */
  #outlives = false;
  #state: DialogueState;

  constructor(raw: Socket, parts: ControlSessionParts) {
    this.#raw = raw;
    this.#socket = raw;
    this.#parts = parts;
    this.#state = {
      secured: parts.implicit,
      user: '',
      loggedIn: false,
      protection: parts.implicit ? 'private' : 'clear',
      directory: '/',
      restartAt: 0,
      renameFrom: undefined,
    };
    raw.setNoDelay(true);
    raw.on('error', () => this.destroy());
    raw.on('close', () => this.#end());
  }

  start(): void {
    this.#greet().catch(() => this.destroy());
  }

  say(bytes: string | Uint8Array): void {
    if (!this.#socket.destroyed) this.#socket.write(bytes);
  }

  hangUp(how: 'end' | 'reset'): void {
    this.#outlives = true;
    if (how === 'reset') this.#raw.resetAndDestroy();
    else this.#socket.end();
  }

  renegotiate(): void {
    if (this.#socket instanceof TLSSocket) this.#socket.renegotiate({}, () => undefined);
  }

  destroy(): void {
    this.#socket.destroy();
    this.#raw.destroy();
  }

  #end(): void {
    if (this.#gone.signal.aborted) return;
    if (this.#outlives && this.#transfer) return;
    this.#gone.abort();
    this.#passive?.close();
    this.#parts.onEnd();
  }

  async #greet(): Promise<void> {
    const { banner } = this.#parts.sim.faults;
    if (this.#parts.implicit) await this.#secure(null);
    else this.#listen();
    if (banner === 'silent') return;
    if (banner === 'http')
      return void this.#socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
    await this.#reply('220 Partner simulator ready.', GREETING);
  }

  async #secure(command: Command | null): Promise<void> {
    const { sim, tls, onClearBytes } = this.#parts;
    const fault = sim.faults.wire?.('control', command ?? GREETING);
    const accepted = await acceptTls(this.#raw, tls, onClearBytes, fault);
    const { secured } = accepted;
    sim.handshakes.push(describe('control', command?.verb ?? null, accepted));
    secured.on('close', () => this.#end());
    this.#socket = secured;
    this.#state.secured = true;
    this.#listen();
  }

  #listen(): void {
    this.#socket.on('data', this.#onData);
  }

  readonly #onData = (bytes: Buffer): void => {
    if (this.#socket === this.#raw) this.#parts.onClearBytes(Buffer.from(bytes));
    this.#buffer = Buffer.concat([this.#buffer, bytes]);
    for (let end = this.#buffer.indexOf('\n'); end !== -1; end = this.#buffer.indexOf('\n')) {
      const line = this.#buffer.subarray(0, end).toString('utf8').replace(/\r$/, '');
      this.#buffer = this.#buffer.subarray(end + 1);
      this.#lines.push(line);
      this.#hear(readCommand(line));
    }
    if (this.#buffer.length > MAX_LINE_BYTES) this.destroy();
    else void this.#work();
  };

  #hear(command: Command): void {
    const { secured } = this.#state;
    this.#parts.sim.commands.push({ ...command, secured, duringTransfer: this.#transfer !== undefined });
    // The only command that is obeyed during a transfer.
    if (command.verb === 'ABOR') this.#transfer?.abort();
  }

  async #work(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let line = this.#lines.shift(); line !== undefined; line = this.#lines.shift()) {
        const command = readCommand(line);
        await this.#carryOut(this.#decide(command), command);
      }
    } catch {
      this.destroy();
    } finally {
      this.#busy = false;
    }
  }

  #decide(command: Command): Decision {
    const { sim, readOnly, knows } = this.#parts;
    return decide(command, this.#state, { faults: sim.faults, readOnly, knows });
  }

  async #carryOut(decision: Decision, command: Command): Promise<void> {
    switch (decision.do) {
      case 'answer':
        Object.assign(this.#state, decision.next);
        return this.#reply(decision.reply, command);
      case 'secure':
        return this.#startTls(command);
      case 'enter_passive':
        return this.#enterPassive(decision.form, command);
      case 'transfer':
        return this.#runTransfer(decision.transfer, command);
      case 'act': {
        const { sim, tree, renameReplaces } = this.#parts;
        const outcome = await act(decision.action, this.#state, tree, { faults: sim.faults, renameReplaces });
        Object.assign(this.#state, outcome.next);
        return outcome.dies ? this.destroy() : this.#reply(outcome.reply, command);
      }
      case 'quit':
        await this.#reply('221 Goodbye.', command);
        this.#socket.end();
    }
  }

  #reply(text: string, command: Command): Promise<void> {
    const connection = { socket: this.#socket, raw: this.#raw, gone: this.#gone.signal };
    return writeReply(connection, text, command, this.#parts.sim.faults);
  }

  async #startTls(command: Command): Promise<void> {
    const { authTls } = this.#parts.sim.faults;
    if (authTls === 'accept_then_plain') {
      await this.#reply('234 Go ahead.', command);
      return this.#reply('220 Still in clear.', command);
    }
    // From here on the bytes are TLS's; what came in clear behind AUTH is forgotten (STARTTLS injection).
    this.#raw.pause().off('data', this.#onData);
    this.#buffer = Buffer.alloc(0);
    this.#lines = [];
    await this.#reply(authTls === 'inject' ? '234 Go ahead.\r\n230 Welcome.' : '234 Go ahead.', command);
    await this.#secure(command);
  }

  async #enterPassive(form: 'EPSV' | 'PASV', command: Command): Promise<void> {
    this.#passive?.close();
    const { dataHost } = this.#parts.sim.faults;
    const address = dataHost ?? (this.#raw.localAddress ?? '').replace(/^::ffff:/, '');
    if (form === 'PASV' && !isIPv4(address)) return this.#reply('425 EPSV, please.', command);
    // Listens as the control connection does: on ::ffff:… the peer is seen as ::ffff:….
    const host = dataHost ?? this.#raw.localAddress ?? this.#parts.sim.host;
    this.#passive = await PassiveListener.open(host, this.#raw.remoteAddress ?? '');
    if (this.#gone.signal.aborted) this.#passive.close();
    const { port } = this.#passive;
    const parts = [...address.split('.'), port >> 8, port & 0xff].join(',');
    return this.#reply(
      form === 'EPSV'
        ? `229 Entering extended passive mode (|||${port}|)`
        : `227 Entering passive mode (${parts})`,
      command,
    );
  }

  async #runTransfer(transfer: Transfer, command: Command): Promise<void> {
    const { sim, tree, tls, otherTls, freshTls, requireSessionReuse, onClearBytes } = this.#parts;
    const passive = this.#passive;
    this.#passive = undefined;
    this.#state.restartAt = 0;
    if (!passive) return this.#reply('425 EPSV or PASV first.', command);
    this.#transfer = new AbortController();
    const aborted = AbortSignal.any([this.#gone.signal, this.#transfer.signal]);
    const { faults } = sim;
    try {
      if (this.#state.protection !== 'private') return await this.#reply('522 PROT P first.', command);
      const job = await openJob(transfer, command, tree, faults);
      if (typeof job === 'string') return await this.#reply(job, command);
      try {
        await transferData({
          command,
          passive,
          job,
          faults,
          tls,
          otherTls,
          freshTls,
          requireSessionReuse,
          aborted,
          reply: (text) => this.#reply(text, command),
          onHandshake: (seen) => sim.handshakes.push(seen),
          onClearBytes,
        });
      } finally {
        await job.close();
      }
    } finally {
      this.#transfer = undefined;
      passive.close();
      if (this.#outlives) this.#end();
    }
  }
}
