export interface Ticket {
  session: Buffer;
  /** Id of the full handshake at the root of this ticket: the one that showed the certificate. */
  rootId: string;
}

/**
 * TLS sessions one FTP session may resume. Lives and dies with it: a ticket never meets another endpoint,
 * another user or another trust setting.
 *
 * TLS 1.3 tickets are meant to be used once (RFC 8446 appendix C.4), so the newest unused one is taken; a server that
 * sends no fresh one gets the last used one again rather than a refusal where it demands reuse.
 */
export class TicketStore {
  #unused: Ticket[] = [];
  #last: Ticket | undefined;

  add(ticket: Ticket, protocol: string | null): void {
    if (protocol === 'TLSv1.3') {
      this.#unused.push(ticket);
      // Servers send two at a time; old ones only grow stale.
      if (this.#unused.length > 8) this.#unused.shift();
    } else {
      this.#last = ticket;
    }
  }

  take(): Ticket | undefined {
    const fresh = this.#unused.pop();
    if (fresh) this.#last = fresh;
    return this.#last;
  }
}
