import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

export interface Fault {
  /**
   * `cut`: both sides see an end. `reset`: both see a reset. `half_open`: nothing moves any more and nobody is told.
   * `slow`: from there on `bytesPerSecond`. `sliced`: every byte in a packet of its own.
   */
  kind: 'cut' | 'reset' | 'half_open' | 'slow' | 'sliced';
  connection: 'control' | 'data';
  /** Once this many bytes went over one connection, both ways together. */
  afterBytes: number;
  bytesPerSecond?: number;
  /** How many connections it meets; default 1. */
  times?: number;
}

interface Link {
  connection: 'control' | 'data';
  near: Socket;
  far: Socket;
  bytes: number;
  slowed: Fault | undefined;
  dead: boolean;
}

const TICK_MS = 20;

/** The network between us and a partner's server, on a loopback address of its own, with one fault at a time. */
export class FaultProxy {
  readonly #servers: Server[] = [];
  readonly #links = new Set<Link>();
  readonly #to: string;
  #fault: Fault | undefined;
  #left = 0;
  /** Bytes of every connection that has ended, in the order of their ends. */
  readonly closed: { connection: 'control' | 'data'; bytes: number }[] = [];
  /** How many connections the fault has met since it was set. */
  struck = 0;

  private constructor(to: string) {
    this.#to = to;
  }

  static async start(way: {
    from: string;
    to: string;
    controlPort: number;
    dataPorts: readonly number[];
  }): Promise<FaultProxy> {
    const proxy = new FaultProxy(way.to);
    for (const port of [way.controlPort, ...way.dataPorts]) {
      const connection = port === way.controlPort ? 'control' : 'data';
      const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) =>
        proxy.#join(near, port, connection),
      );
      server.listen(port, way.from);
      await once(server, 'listening');
      proxy.#servers.push(server);
    }
    return proxy;
  }

  set(fault: Fault | undefined): void {
    this.#fault = fault;
    this.#left = fault?.times ?? 1;
    this.struck = 0;
  }

  async stop(): Promise<void> {
    for (const link of this.#links) this.#end(link, 'reset');
    await Promise.all(this.#servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }

  #join(near: Socket, port: number, connection: 'control' | 'data'): void {
    const far = connect({ host: this.#to, port, allowHalfOpen: true, noDelay: true });
    const link: Link = { connection, near, far, bytes: 0, slowed: undefined, dead: false };
    this.#links.add(link);
    let open = 2;
    for (const socket of [near, far]) {
      socket.on('error', () => undefined);
      socket.once('close', () => {
        if (--open > 0) return;
        this.#links.delete(link);
        this.closed.push({ connection, bytes: link.bytes });
      });
    }
    this.#carry(link, near, far);
    this.#carry(link, far, near);
  }

  #carry(link: Link, from: Socket, to: Socket): void {
    // One chunk after another: what is slow stays in order.
    let sending: Promise<void> = Promise.resolve();
    from.on('data', (chunk: Buffer) => {
      from.pause();
      sending = sending.then(() => this.#forward(link, chunk, to)).then(() => void from.resume());
    });
    from.once('end', () => {
      sending = sending.then(() => void (link.dead || to.end()));
    });
    from.once('close', () => {
      if (link.dead) return;
      if (from.errored) to.resetAndDestroy();
      else to.end();
    });
  }

  async #forward(link: Link, chunk: Buffer, to: Socket): Promise<void> {
    if (link.dead) return;
    const fault = this.#met(link, chunk.length);
    if (!fault) {
      link.bytes += chunk.length;
      if (link.slowed) return slowly(link.slowed, chunk, to);
      if (!to.write(chunk)) await drained(to);
      return;
    }
    const before = Math.max(0, fault.afterBytes - link.bytes);
    this.#left--;
    this.struck++;
    if (before > 0) to.write(chunk.subarray(0, before));
    link.bytes += before;
    if (fault.kind === 'slow' || fault.kind === 'sliced') {
      link.slowed = fault;
      return this.#forward(link, chunk.subarray(before), to);
    }
    this.#end(link, fault.kind);
  }

  #met(link: Link, more: number): Fault | undefined {
    const fault = this.#fault;
    if (!fault || this.#left === 0 || link.slowed || fault.connection !== link.connection) return undefined;
    return link.bytes + more > fault.afterBytes ? fault : undefined;
  }

  #end(link: Link, kind: 'cut' | 'reset' | 'half_open'): void {
    link.dead = true;
    for (const socket of [link.near, link.far]) {
      // Read and forgotten, as a middlebox does that has lost its table.
      if (kind === 'half_open') socket.resume();
      else if (kind === 'reset') socket.resetAndDestroy();
      else socket.destroySoon();
    }
  }
}

async function slowly(fault: Fault, chunk: Buffer, to: Socket): Promise<void> {
  const rate = fault.kind === 'sliced' ? Number.POSITIVE_INFINITY : fault.bytesPerSecond!;
  const size = fault.kind === 'sliced' ? 1 : Math.max(1, Math.floor((rate * TICK_MS) / 1_000));
  const pauseMs = fault.kind === 'sliced' ? 0 : (size / rate) * 1_000;
  for (let start = 0; start < chunk.length && !to.destroyed; start += size) {
    if (!to.write(chunk.subarray(start, start + size))) await drained(to);
    await new Promise((resolve) => (pauseMs === 0 ? setImmediate(resolve) : setTimeout(resolve, pauseMs)));
  }
}

async function drained(socket: Socket): Promise<void> {
  if (socket.destroyed || !socket.writableNeedDrain) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      socket.off('drain', done).off('close', done);
      resolve();
    };
    socket.on('drain', done).on('close', done);
  });
}
