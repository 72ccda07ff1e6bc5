import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * A long way between two loopback addresses: every byte arrives `delayMs` later, in both directions and in order.
 * A connection is made at once on our side; its first answer takes the way there and back.
 */
export class DelayingProxy {
  connections = 0;
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();

  static async start(way: {
    from: string;
    to: string;
    ports: number[];
    delayMs: number;
  }): Promise<DelayingProxy> {
    const proxy = new DelayingProxy();
    for (const port of way.ports) {
      const server = createServer({ allowHalfOpen: true }, (near) =>
        proxy.#join(near, way.to, port, way.delayMs),
      );
      server.listen(port, way.from);
      await once(server, 'listening');
      proxy.#servers.push(server);
    }
    return proxy;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(this.#servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }

  #join(near: Socket, host: string, port: number, delayMs: number): void {
    this.connections += 1;
    // The SYN travels as well: the far side learns of the connection after one way.
    setTimeout(() => {
      const far = connect({ host, port, allowHalfOpen: true });
      this.#carry(near, far, delayMs);
      this.#carry(far, near, delayMs);
    }, delayMs);
    near.pause();
  }

  #carry(from: Socket, to: Socket, delayMs: number): void {
    this.#sockets.add(from);
    from.setNoDelay(true);
    from.on('error', () => {});
    from.on('data', (chunk) => setTimeout(() => to.destroyed || to.write(chunk), delayMs));
    from.on('end', () => setTimeout(() => to.end(), delayMs));
    from.on('close', () => {
      this.#sockets.delete(from);
      setTimeout(() => to.destroy(), delayMs * 2);
    });
    from.resume();
  }
}
