import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ErrorCode, type Phase, TransferError } from '#domain';
import type { SessionObserver } from '#protocol';
import { encodeCommand } from './command-line.ts';
import type { TextCoding } from './encoding.ts';
import { Exchange } from './exchange.ts';
import { printable } from './printable.ts';
import { ProtocolViolation } from './protocol-violation.ts';
import { type Reply, ReplyReader, replyText } from './reply-reader.ts';
import { isClientCertificateAlert } from './tls-negotiation.ts';

const KEEP_ALIVE_MS = 30_000;
const SERVER_GOES_AWAY = 421;
/** How long the server may take to see our farewell before the connection is cut. */
const FAREWELL_MS = 1_000;

interface SendOptions {
  /** Its turn comes when the command before it is done; never for a command that matters alone. */
  ahead?: boolean;
  /** The command has left this process: from now on the server may do it, whatever becomes of us. */
  onSent?: () => void;
}

/**
 * The dialogue. A command is sent when nothing is owed and nothing is in the buffer, because a reply shifted by one
 * makes every later answer a lie; the one exception is a command sent ahead on purpose. Any doubt ends the connection.
 */
export class ControlChannel {
  /** The phase of the operation under way; errors carry it. */
  phase: Phase = 'connect';
  /** Application bytes sent and received since TLS. */
  plainBytes = 0n;

  readonly #coding: TextCoding;
  readonly #observer: SessionObserver;
  readonly #secrets: readonly string[];
  readonly #onFirstReply: Array<(failure: TransferError | null) => void> = [];
  #socket: Duplex;
  #reader: ReplyReader;
  /** Commands whose final reply has not come, oldest first. */
  #owed: Exchange[] = [];
  /** Replies to no command. */
  #unasked: Reply[] = [];
  #failure: TransferError | undefined;
  #detach: () => void = () => {};

  /** `secrets` are never shown or kept, also where the server repeats them. */
  constructor(
    socket: Socket,
    coding: TextCoding,
    observer: SessionObserver,
    secrets: readonly string[] = [],
  ) {
    // Shorter ones would blank out what has nothing to do with them.
    this.#secrets = secrets.filter((secret) => secret.length >= 3);
    this.#socket = socket;
    this.#coding = coding;
    this.#observer = observer;
    this.#reader = new ReplyReader(coding);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
  }

  get failure(): TransferError | undefined {
    return this.#failure;
  }

  /** False while a reply is still owed, but for commands sent ahead: the session cannot be used for anything else. */
  get inStep(): boolean {
    return this.#failure === undefined && this.#owed.every(({ ahead }) => ahead);
  }

  /** No reply is owed, not even to a command sent ahead. */
  get quiet(): boolean {
    return this.#owed.length === 0;
  }

  /** Starts reading replies from `socket`. */
  listen(socket: Duplex): void {
    this.#socket = socket;
    const onData = (chunk: Buffer) => this.#receive(chunk);
    const onError = (error: Error & { code?: string }) => this.#lost(error);
    const onEnd = () => this.#lost(undefined);
    socket.on('data', onData);
    socket.on('error', onError);
    socket.on('end', onEnd);
    socket.on('close', onEnd);
    this.#detach = () => {
      socket.off('data', onData);
      socket.off('error', onError);
      socket.off('end', onEnd);
      socket.off('close', onEnd);
    };
  }

  /** Stops reading, for the TLS layer that is put under the dialogue or taken away. Refuses bytes that came too early. */
  handOver(): void {
    if (this.#unasked.length > 0 || this.#reader.midReply)
      // STARTTLS response injection (CVE-2021-22947): these bytes were not protected.
      throw this.fail('protocol_violation', 'the server sent more than the answer before TLS began or ended');
    this.#detach();
  }

  /** Calls back at the next reply, or when the connection fails before it. */
  onFirstReply(callback: (failure: TransferError | null) => void): void {
    this.#onFirstReply.push(callback);
  }

  /** The reply that comes without a command. */
  greeting(deadlineMs: number): Promise<Reply> {
    const greeting = this.#expect('greeting', false);
    const early = this.#unasked.splice(0);
    for (const reply of early) this.#answer(reply);
    return greeting.final(deadlineMs);
  }

  /** Sends one command. */
  send(verb: string, argument?: string, { ahead = false, onSent }: SendOptions = {}): Exchange {
    if (this.#failure) throw this.#failure;
    const early = this.#unasked[0];
    if (early?.code === SERVER_GOES_AWAY) throw this.#goesAway(early);
    // Part of a reply may be there already where one is owed to a command sent ahead.
    if (early || (this.#reader.midReply && this.#owed.length === 0))
      throw this.fail(
        'protocol_violation',
        `a reply to no command: ${early ? replyText(early) : 'incomplete line'}`,
      );
    if (!ahead && !this.inStep)
      throw this.fail('internal', `${verb} while the answer to ${this.#owed[0]?.verb} is owed`);
    const line = encodeCommand(verb, argument, this.#coding);
    if (!line)
      throw new TransferError(argumentErrorCode(verb), {
        phase: this.phase,
        detail: `the argument of ${verb} cannot be sent: a line break, NUL or a character that the endpoint's encoding lacks`,
      });
    this.#note('sent', line.shown);
    this.plainBytes += BigInt(line.bytes.length);
    if (onSent) this.#socket.write(line.bytes, (failure) => failure ?? onSent());
    else this.#socket.write(line.bytes);
    return this.#expect(verb, ahead);
  }

  /** Sends one command and waits for its final reply. */
  exchange(
    verb: string,
    argument: string | undefined,
    deadlineMs: number,
    options?: SendOptions,
  ): Promise<Reply> {
    return this.send(verb, argument, options).final(deadlineMs);
  }

  /** Ends the connection for this reason; the first reason stays. Returns it, to be thrown. */
  fail(code: ErrorCode, detail: string, cause?: unknown): TransferError {
    return this.abandon(
      new TransferError(code, { phase: this.phase, detail: this.#withoutSecrets(detail), cause }),
    );
  }

  /** ABOR goes out before the end when a transfer is under way: the server learns that nothing more will come. */
  abandon(error: TransferError, { abort = false } = {}): TransferError {
    if (!this.#failure) {
      this.#failure = error;
      if (abort && !this.#socket.destroyed) this.#sayAbort();
      else this.#socket.destroy();
      this.#firstReplyKnown(error);
    }
    for (const exchange of this.#owed.splice(0)) exchange.fail(this.#failure);
    return this.#failure;
  }

  /** QUIT, and TLS ended properly; bounded in time, never throws. */
  async quit(deadlineMs: number): Promise<void> {
    const socket = this.#socket;
    try {
      if (this.inStep) await this.exchange('QUIT', undefined, deadlineMs);
    } catch {
      // The connection is being given up either way.
    }
    if (!socket.destroyed) await endWithin(socket, deadlineMs);
    this.fail('connection_lost', 'the session is closed');
  }

  note(text: string): void {
    this.#note('note', text);
  }

  #expect(verb: string, ahead: boolean): Exchange {
    const exchange = new Exchange(verb, ahead, (deadlineMs) =>
      this.fail('reply_timeout', `no complete reply to ${verb} within ${deadlineMs} ms`),
    );
    if (this.#failure) exchange.fail(this.#failure);
    else this.#owed.push(exchange);
    return exchange;
  }

  #sayAbort(): void {
    const socket = this.#socket;
    this.#detach();
    socket.on('error', () => {});
    this.#note('sent', 'ABOR');
    socket.write('ABOR\r\n');
    void endWithin(socket, FAREWELL_MS);
  }

  #receive(chunk: Buffer): void {
    this.plainBytes += BigInt(chunk.length);
    let replies: Reply[];
    try {
      replies = this.#reader.push(chunk);
    } catch (error) {
      if (!(error instanceof ProtocolViolation)) throw error;
      this.fail('protocol_violation', error.message);
      return;
    }
    for (const reply of replies) {
      reply.shown = reply.lines.map((line) => this.#withoutSecrets(line));
      for (const line of reply.shown) this.#note('received', line);
      this.#firstReplyKnown(null);
      this.#answer(reply);
    }
  }

  /** 421 may come instead of any reply (RFC 959 section 5.4): the server is about to close. */
  #answer(reply: Reply): void {
    const exchange = this.#owed[0];
    if (!exchange) {
      this.#unasked.push(reply);
      if (this.#unasked.length > 20) this.fail('protocol_violation', 'replies to no command, without end');
    } else if (reply.code === SERVER_GOES_AWAY) {
      this.#goesAway(reply);
    } else {
      if (reply.code >= 200) this.#owed.shift();
      if (!exchange.accept(reply)) this.fail('protocol_violation', 'preliminary replies without end');
    }
  }

  #goesAway(reply: Reply): TransferError {
    return this.abandon(new TransferError('server_busy', { phase: this.phase, reply: replyText(reply) }));
  }

  #lost(error: (Error & { code?: string }) | undefined): void {
    const farewell = this.#unasked.find((reply) => reply.code === SERVER_GOES_AWAY);
    if (farewell) this.#goesAway(farewell);
    // TLS 1.3: the refusal of our certificate arrives after the handshake, instead of the first reply.
    else if (error && isClientCertificateAlert(error))
      this.fail('tls_client_certificate_refused', 'the server refused our certificate', error);
    else this.fail('connection_lost', 'the server closed the control connection', error);
  }

  #withoutSecrets(text: string): string {
    return this.#secrets.reduce((kept, secret) => kept.replaceAll(secret, '****'), text);
  }

  #firstReplyKnown(failure: TransferError | null): void {
    for (const callback of this.#onFirstReply.splice(0)) callback(failure);
  }

  #note(direction: 'sent' | 'received' | 'note', text: string): void {
    this.#observer.transcript({
      at: new Date(),
      direction,
      text: direction === 'sent' ? text : printable(text),
    });
  }
}

/** Our end, then the peer's; cut after `deadlineMs`. */
async function endWithin(socket: Duplex, deadlineMs: number): Promise<void> {
  const timer = setTimeout(() => socket.destroy(), deadlineMs);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.end();
  // Nobody reads it any more, but unread bytes would hold the end back.
  socket.resume();
  await closed;
  clearTimeout(timer);
}

function argumentErrorCode(verb: string): ErrorCode {
  return ['USER', 'PASS', 'ACCT', 'HOST', 'SITE'].includes(verb)
    ? 'invalid_configuration'
    : 'file_name_refused';
}
