import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

const ARRIVAL_DEADLINE_MS = 30_000;

/** Waits for one data connection from the peer of the control connection, and from nobody else. */
export class PassiveListener {
  readonly port: number;
  readonly #server: Server;
  readonly #arrival = Promise.withResolvers<Socket>();
  #arrived: Socket | undefined;

  private constructor(server: Server, peer: string) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    this.#arrival.promise.catch(() => undefined);
    const timer = setTimeout(() => server.close(), ARRIVAL_DEADLINE_MS);
    server.on('connection', (socket) => {
      socket.on('error', () => socket.destroy());
      if (this.#arrived || socket.remoteAddress !== peer) return void socket.destroy();
      this.#arrived = socket;
      this.#arrival.resolve(socket);
      server.close();
    });
    server.once('close', () => this.#arrival.reject(new Error('no data connection came')));
    // `close` waits for the connections, the timer must not.
    this.#arrival.promise.finally(() => clearTimeout(timer)).catch(() => undefined);
  }

  static async open(host: string, peer: string): Promise<PassiveListener> {
    const server = createServer({ pauseOnConnect: true });
    server.listen(0, host);
    await once(server, 'listening');
    return new PassiveListener(server, peer);
  }

  arrival(): Promise<Socket> {
    return this.#arrival.promise;
  }

  /** Ends the waiting, and a connection that came already. */
  close(): void {
    this.#server.close();
    this.#arrived?.destroy();
  }
}
