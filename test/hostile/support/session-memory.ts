// session-memory.ts ORDER (see memory.spec.ts for node's options): one session against a partner that does not stop; prints how far its memory grew.
import type { FtpsEndpoint, TransferError } from '#domain';
import { openFtpsSession } from '#ftps';
import type { SessionObserver } from '#protocol';

export interface MemoryOrder {
  good: FtpsEndpoint;
  bad: FtpsEndpoint;
  password: string;
  act: 'list' | 'read' | 'write';
  /** The sink takes a chunk and never another. */
  stuckSink?: boolean;
  /** The session is ended from outside after so long: a peer that keeps every rule but never ends. */
  stopAfterMs: number;
}

export interface MemoryReport {
  /** Heap and Buffers together, beyond what a finished good session left: the most that was there for a while. */
  grownBytes: number;
  receivedBytes: number;
  code: string;
}

/** Buffers that nobody holds any more are given back some turns after the collection: a single look counts them. */
const LOOKS = 4;
const LOOK_MS = 50;

/** The least of the last few looks; the most of these leasts. */
class Sustained {
  #latest: number[] = [];
  most = 0;

  get now(): number {
    return Math.min(...this.#latest);
  }

  add(bytes: number): void {
    this.#latest = [...this.#latest.slice(1 - LOOKS), bytes];
    if (this.#latest.length === LOOKS) this.most = Math.max(this.most, this.now);
  }
}

const order = JSON.parse(process.argv[2] ?? '') as MemoryOrder;
const collect = globalThis.gc as () => void;
let receivedBytes = 0;
const held = new Sustained();
const silent: SessionObserver = {
  negotiated: () => undefined,
  negotiationClosed: () => undefined,
  transcript: () => undefined,
};

await play(order.good, new AbortController().signal);
await lookLong();
const before = held.now;
const timer = setInterval(look, LOOK_MS);
const code = await play(order.bad, AbortSignal.timeout(order.stopAfterMs)).then(
  () => 'done',
  (error: TransferError) => error.code,
);
clearInterval(timer);
await lookLong();
const report: MemoryReport = {
  grownBytes: held.most - before,
  receivedBytes,
  code,
};
process.stdout.write(`${JSON.stringify(report)}\n`);

async function play(endpoint: FtpsEndpoint, signal: AbortSignal): Promise<void> {
  const session = await openFtpsSession({ endpoint, password: order.password }, silent, signal);
  try {
    if (order.act === 'list') {
      // What a listing returns is counted while it is held.
      const listing = await session.list('/out', signal);
      await lookLong();
      if (listing.entries.length < 0) return;
    }
    if (order.act === 'read') await session.read('/out/a.csv', sink(endpoint), signal);
    if (order.act === 'write') {
      const writer = await session.openWrite('/in/a.csv', signal);
      for (let count = 0; count < 2_000; count++) await writer.write(Buffer.alloc(65_536));
      await writer.finish();
    }
  } finally {
    await session.close();
  }
}

function sink(endpoint: FtpsEndpoint): (chunk: Uint8Array) => void | Promise<void> {
  return (chunk) => {
    receivedBytes += chunk.length;
    if (order.stuckSink && endpoint === order.bad) return new Promise(() => undefined);
  };
}

function look(): void {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  held.add(heapUsed + arrayBuffers);
}

async function lookLong(): Promise<void> {
  for (let count = 0; count < LOOKS; count++) {
    look();
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
