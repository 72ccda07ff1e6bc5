/** Absolute limits: drip-feeding a byte does not extend them. */
export interface FtpsDeadlines {
  /** TCP connection, control or data, name resolution included. */
  connectMs: number;
  /** One TLS handshake. */
  handshakeMs: number;
  /** One reply to a command. */
  replyMs: number;
  /** The reply that ends a transfer, counted from the end of the data. */
  finalReplyMs: number;
  /** How long a server may hold its 1yz back while TCP is up: some wait for the TLS handshake with it. */
  latePreliminaryMs: number;
  /** When data breaks, how long the server's own explanation is awaited. */
  explanationMs: number;
  /** How long a finished data connection may take to close. */
  closingMs: number;
  /** The reply to a hash command: the server reads the whole file. */
  hashReplyMs: number;
  /** Data must keep `dataMinimumBytesPerSecond` over every window of this length. */
  dataWindowMs: number;
  dataMinimumBytesPerSecond: number;
}

export const DEFAULT_DEADLINES: FtpsDeadlines = {
  connectMs: 15_000,
  handshakeMs: 15_000,
  replyMs: 30_000,
  finalReplyMs: 120_000,
  latePreliminaryMs: 10_000,
  explanationMs: 3_000,
  closingMs: 1_000,
  hashReplyMs: 600_000,
  dataWindowMs: 60_000,
  dataMinimumBytesPerSecond: 1024,
};
