import type { Socket } from 'node:net';
import { type ErrorCode, type Phase, TransferError } from '#domain';
import type { SessionObserver } from '#protocol';
import { encodeCommand } from './command-line.ts';
import { printable } from './printable.ts';
import { ProtocolViolation } from './protocol-violation.ts';
import { type Reply, ReplyReader, replyText } from './reply-reader.ts';
import { isClientCertificateAlert } from './tls-negotiation.ts';

/** 1yz replies one command may bring before its final one. */
const MAX_PRELIMINARY_REPLIES = 20;
const KEEP_ALIVE_MS = 30_000;
const SERVER_GOES_AWAY = 421;

interface Waiter {
  resolve(reply: Reply): void;
  reject(error: TransferError): void;
  timer: NodeJS.Timeout | undefined;
}

/**
 * The dialogue: one command at a time, and nothing in the buffer before each, because a reply shifted by one
 * makes every later answer a lie. Any doubt ends the connection.
 */
export class ControlChannel {
  /** The phase of the operation under way; errors carry it. */
  phase: Phase = 'connect';
  /** Application bytes sent and received since TLS. */
  plainBytes = 0n;

  readonly #encoding: 'utf8' | 'latin1';
  readonly #observer: SessionObserver;
  readonly #onFirstReply: Array<(failure: TransferError | null) => void> = [];
  #socket: Socket;
  #reader: ReplyReader;
  #replies: Reply[] = [];
  #waiter: Waiter | undefined;
  #failure: TransferError | undefined;
  /** A command was sent and its final reply has not been read. */
  #owed = false;
  #detach: () => void = () => {};

  constructor(socket: Socket, encoding: 'utf8' | 'latin1', observer: SessionObserver) {
    this.#socket = socket;
    this.#encoding = encoding;
    this.#observer = observer;
    this.#reader = new ReplyReader(encoding);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
  }

  get failure(): TransferError | undefined {
    return this.#failure;
  }

  /** False while a reply is still owed: the session cannot be used for anything else. */
  get inStep(): boolean {
    return !this.#owed && this.#waiter === undefined && this.#failure === undefined;
  }

  /** Starts reading replies from `socket`. */
  listen(socket: Socket): void {
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

  /** Stops reading, for the TLS handshake that takes the connection over. Refuses bytes that came too early. */
  handOver(): void {
    if (this.#replies.length > 0 || this.#reader.midReply)
      // STARTTLS response injection (CVE-2021-22947): these bytes were not protected.
      throw this.fail('protocol_violation', 'the server sent more than the answer to AUTH before TLS began');
    this.#detach();
  }

  /** Calls back at the next reply, or when the connection fails before it. */
  onFirstReply(callback: (failure: TransferError | null) => void): void {
    this.#onFirstReply.push(callback);
  }

  /** Sends one command; its replies are read by `nextReply` or `finalReply`. */
  send(verb: string, argument?: string): void {
    if (this.#failure) throw this.#failure;
    const early = this.#replies[0];
    if (early?.code === SERVER_GOES_AWAY) throw this.#goesAway(early);
    if (early || this.#reader.midReply)
      throw this.fail(
        'protocol_violation',
        `a reply to no command: ${early ? replyText(early) : 'incomplete line'}`,
      );
    const line = encodeCommand(verb, argument, this.#encoding);
    if (!line)
      throw new TransferError(argumentErrorCode(verb), {
        phase: this.phase,
        detail: `the argument of ${verb} cannot be sent: a line break, NUL or a character outside ${this.#encoding}`,
      });
    this.#note('sent', line.shown);
    this.#owed = true;
    this.plainBytes += BigInt(line.bytes.length);
    this.#socket.write(line.bytes);
  }

  /** Sends one command and waits for its final reply. */
  exchange(verb: string, argument: string | undefined, deadlineMs: number): Promise<Reply> {
    this.send(verb, argument);
    return this.finalReply(deadlineMs);
  }

  /** Skips 1yz replies; each restarts the deadline. Without one, `limit` sets it later. */
  async finalReply(deadlineMs?: number): Promise<Reply> {
    for (let count = 0; count <= MAX_PRELIMINARY_REPLIES; count += 1) {
      const reply = await this.nextReply(deadlineMs);
      if (reply.code >= 200) return reply;
    }
    throw this.fail('protocol_violation', 'preliminary replies without end');
  }

  nextReply(deadlineMs?: number): Promise<Reply> {
    const waiting = this.#replies.shift();
    if (waiting) return this.#settled(waiting);
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise<Reply>((resolve, reject) => {
      this.#waiter = { resolve, reject, timer: undefined };
      if (deadlineMs !== undefined) this.limit(deadlineMs);
    });
  }

  /** Gives the reply being waited for this much longer, absolutely. */
  limit(deadlineMs: number): void {
    const waiter = this.#waiter;
    if (!waiter) return;
    clearTimeout(waiter.timer);
    waiter.timer = setTimeout(
      () => this.fail('reply_timeout', `no complete reply within ${deadlineMs} ms`),
      deadlineMs,
    );
  }

  /** Ends the connection for this reason; the first reason stays. Returns it, to be thrown. */
  fail(code: ErrorCode, detail: string, cause?: unknown): TransferError {
    return this.abandon(new TransferError(code, { phase: this.phase, detail, cause }));
  }

  abandon(error: TransferError): TransferError {
    if (!this.#failure) {
      this.#failure = error;
      this.#socket.destroy();
      this.#firstReplyKnown(error);
    }
    const waiter = this.#waiter;
    this.#waiter = undefined;
    clearTimeout(waiter?.timer);
    waiter?.reject(this.#failure);
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
    if (!socket.destroyed) {
      const timer = setTimeout(() => socket.destroy(), deadlineMs);
      const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
      socket.end();
      await closed;
      clearTimeout(timer);
    }
    this.fail('connection_lost', 'the session is closed');
  }

  note(text: string): void {
    this.#note('note', text);
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
      for (const line of reply.lines) this.#note('received', line);
      this.#firstReplyKnown(null);
      if (this.#waiter) this.#deliver(reply, this.#waiter);
      else this.#replies.push(reply);
    }
    if (this.#replies.length > MAX_PRELIMINARY_REPLIES)
      this.fail('protocol_violation', 'replies to no command, without end');
  }

  #deliver(reply: Reply, waiter: Waiter): void {
    this.#waiter = undefined;
    clearTimeout(waiter.timer);
    this.#settled(reply).then(waiter.resolve, waiter.reject);
  }

  /** 421 may come instead of any reply (RFC 959 section 5.4): the server is about to close. */
  #settled(reply: Reply): Promise<Reply> {
    if (reply.code === SERVER_GOES_AWAY) return Promise.reject(this.#goesAway(reply));
    if (reply.code >= 200) this.#owed = false;
    return Promise.resolve(reply);
  }

  #goesAway(reply: Reply): TransferError {
    return this.abandon(new TransferError('server_busy', { phase: this.phase, reply: replyText(reply) }));
  }

  #lost(error: (Error & { code?: string }) | undefined): void {
    const farewell = this.#replies.find((reply) => reply.code === SERVER_GOES_AWAY);
    if (farewell) this.#goesAway(farewell);
    // TLS 1.3: the refusal of our certificate arrives after the handshake, instead of the first reply.
    else if (error && isClientCertificateAlert(error))
      this.fail('tls_client_certificate_refused', 'the server refused our certificate', error);
    else this.fail('connection_lost', 'the server closed the control connection', error);
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

function argumentErrorCode(verb: string): ErrorCode {
  return verb === 'USER' || verb === 'PASS' ? 'invalid_configuration' : 'file_name_refused';
}
