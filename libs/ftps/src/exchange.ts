import type { TransferError } from '#domain';
import type { Reply } from './reply-reader.ts';

/** 1yz replies one command may bring before its final one. */
export const MAX_PRELIMINARY_REPLIES = 20;

interface Waiter {
  resolve(reply: Reply): void;
  reject(error: TransferError): void;
  timer: NodeJS.Timeout | undefined;
}

/** One command and the replies it is owed: any number of 1yz, then a final one (RFC 959 section 5.4). */
export class Exchange {
  /** `greeting` or the command's verb. */
  readonly verb: string;
  /** Sent before the command ahead of it was answered: replies come in the order of the commands. */
  readonly ahead: boolean;
  readonly #expired: (deadlineMs: number) => void;
  #unread: Reply[] = [];
  #waiter: Waiter | undefined;
  #failure: TransferError | undefined;
  #preliminary = 0;
  #final = false;

  constructor(verb: string, ahead: boolean, expired: (deadlineMs: number) => void) {
    this.verb = verb;
    this.ahead = ahead;
    this.#expired = expired;
  }

  /** The final reply has come, whether it was looked at or not. */
  get answered(): boolean {
    return this.#final;
  }

  /** The next reply, preliminary or final. Without a deadline, `limit` sets it later. */
  next(deadlineMs?: number): Promise<Reply> {
    const unread = this.#unread.shift();
    if (unread) return Promise.resolve(unread);
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise<Reply>((resolve, reject) => {
      this.#waiter = { resolve, reject, timer: undefined };
      if (deadlineMs !== undefined) this.limit(deadlineMs);
    });
  }

  /** Skips 1yz replies; each restarts the deadline. */
  async final(deadlineMs?: number): Promise<Reply> {
    for (;;) {
      const reply = await this.next(deadlineMs);
      if (reply.code >= 200) return reply;
    }
  }

  /** Gives the reply being waited for this much longer, absolutely. */
  limit(deadlineMs: number): void {
    const waiter = this.#waiter;
    if (!waiter) return;
    clearTimeout(waiter.timer);
    waiter.timer = setTimeout(() => this.#expired(deadlineMs), deadlineMs);
  }

  /** Called by the control channel only. False when preliminary replies come without end. */
  accept(reply: Reply): boolean {
    if (reply.code >= 200) this.#final = true;
    else if (++this.#preliminary > MAX_PRELIMINARY_REPLIES) return false;
    const waiter = this.#waiter;
    this.#waiter = undefined;
    clearTimeout(waiter?.timer);
    if (waiter) waiter.resolve(reply);
    else this.#unread.push(reply);
    return true;
  }

  /** Called by the control channel only: no reply will come. */
  fail(error: TransferError): void {
    this.#failure = error;
    const waiter = this.#waiter;
    this.#waiter = undefined;
    clearTimeout(waiter?.timer);
    waiter?.reject(error);
  }
}
