import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** `near` is the client's. */
type End = 'near' | 'far';

/**
 * A long way between two loopback addresses: every byte, and every end, arrives `delayMs` later, in both directions and
 * in order. The far side learns of a connection after one way; the near side is connected at once, for all clients
 * alike (a real SYN would cost one more round trip for each data connection).
 *
 * It counts round trips as the longest chain of messages in which each could be the answer to the one before (a logical
 * clock: what leaves a side carries the side's number, what arrives raises it to one more). With one client session
 * this is the number of round trips that were waited for; with several at once it says nothing, as chains mix.
 */
export class DelayingProxy {
  readonly #way: { to: string; delayMs: number };
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #clock: Record<End, number> = { near: 0, far: 0 };
  #connections = 0;

  private constructor(way: { to: string; delayMs: number }) {
    this.#way = way;
  }

  static async start(way: {
    from: string;
    to: string;
    ports: readonly number[];
    delayMs: number;
  }): Promise<DelayingProxy> {
    const proxy = new DelayingProxy(way);
    for (const port of way.ports) {
      const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => proxy.#join(near, port));
      server.listen(port, way.from);
      await once(server, 'listening');
      proxy.#servers.push(server);
    }
    return proxy;
  }

  /** Control and data, since it began. */
  get connections(): number {
    return this.#connections;
  }

  /** Since it began; take the difference of two moments. */
  get roundTrips(): number {
    return this.#clock.near / 2;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(this.#servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }

  #join(near: Socket, port: number): void {
    this.#connections += 1;
    this.#keep(near);
    const stamp = this.#clock.near;
    setTimeout(() => {
      if (near.destroyed) return;
      const far = connect({ host: this.#way.to, port, allowHalfOpen: true, noDelay: true });
      this.#keep(far);
      this.#arrive('far', stamp);
      this.#carry('near', near, 'far', far);
      this.#carry('far', far, 'near', near);
    }, this.#way.delayMs);
  }

  /** A reset is passed on as the end that follows it. */
  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  #carry(origin: End, from: Socket, target: End, to: Socket): void {
    const later = (act: () => void) => {
      const stamp = this.#clock[origin];
      // Timers of one length fire in the order they were set: nothing overtakes.
      setTimeout(() => {
        if (to.destroyed) return;
        this.#arrive(target, stamp);
        act();
      }, this.#way.delayMs);
    };
    from.on('data', (chunk) => later(() => to.write(chunk)));
    from.once('end', () => later(() => to.end()));
    from.once('close', () => later(() => (from.errored ? to.resetAndDestroy() : to.end())));
  }

  #arrive(target: End, stamp: number): void {
    this.#clock[target] = Math.max(this.#clock[target], stamp + 1);
  }
}
