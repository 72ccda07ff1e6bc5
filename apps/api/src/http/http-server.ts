import { createServer, type RequestListener, type Server } from 'node:http';
import { ExpressAdapter } from '@nestjs/platform-express';

export interface ServerLimits {
  /** From the first byte of a request to the end of its header fields. */
  headersMs: number;
  /** From the first byte of a request to the last one of its body. */
  requestMs: number;
  /** How often Node looks whether somebody is too slow. */
  lookEveryMs: number;
  headerBytes: number;
  headerFields: number;
}

export const SERVER_LIMITS: ServerLimits = {
  headersMs: 10_000,
  requestMs: 30_000,
  // Node looks every 30 s unless told otherwise: a deadline of 10 s would be one of 40.
  lookEveryMs: 1_000,
  headerBytes: 16 * 1024,
  headerFields: 100,
};

export function makeServer(listener: RequestListener, limits: ServerLimits = SERVER_LIMITS): Server {
  const server = createServer(
    {
      headersTimeout: limits.headersMs,
      requestTimeout: limits.requestMs,
      connectionsCheckingInterval: limits.lookEveryMs,
      maxHeaderSize: limits.headerBytes,
      insecureHTTPParser: false,
      requireHostHeader: true,
    },
    listener,
  );
  // Node drops what is beyond without a word. One more than allowed is let through, for the gate to refuse.
  server.maxHeadersCount = limits.headerFields + 1;
  return server;
}

/** Nest's own makes the server with Node's defaults, which cannot be changed afterwards. */
export class LimitedAdapter extends ExpressAdapter {
  override initHttpServer(): void {
    this.httpServer = makeServer(this.getInstance<RequestListener>());
  }
}
