import type { Command } from './dialogue.ts';
import type { WireFault } from './faulty-wire.ts';

/** A part of what leaves on the control connection. */
export type Piece = string | Uint8Array | { pauseMs: number } | { close: 'end' | 'reset' };

/** A part of what a download or a listing sends. */
export type Content = string | Uint8Array;

/** What a partner's server may do wrong, each switch one misbehaviour; all off by default. */
export interface Faults {
  /** `silent`: connects and says nothing. `http`: another service answers on this port. */
  banner?: 'silent' | 'http';
  /** `accept_then_plain`: 234, and then it goes on in clear. `inject`: a clear reply in the same segment as 234. */
  authTls?: 'refuse' | 'accept_then_plain' | 'inject';
  prot?: 'refuse';
  /**
   * `clear`: answers 150 and sends without TLS. `close`: closes instead of the handshake.
   * `other_certificate`: a full handshake with another certificate of the same authority.
   * `no_resumption`: a full handshake with the right one. `silent`: takes the connection and says nothing.
   */
  dataChannel?: 'clear' | 'close' | 'other_certificate' | 'no_resumption' | 'silent';
  /** Passive connections are awaited on this address, and PASV says so. */
  dataHost?: string;
  /** Every reply leaves byte by byte. */
  splitReplies?: boolean;
  /** Every reply leaves so much later. */
  replyDelayMs?: number;
  /** Answer to PASS, e.g. `421 Too many sessions.` */
  loginReply?: string;
  /** Added to what SIZE, MLST and MLSD state. */
  lieAboutSizeBy?: number;
  /** This file exists, but no listing, SIZE, MDTM or MLST shows it. */
  hideFile?: string;
  /** A download ends cleanly after so many bytes, and is confirmed. */
  truncateDownloadAfterBytes?: number;
  /** A download is reset after so many bytes. */
  resetDownloadAfterBytes?: number;
  /** A download stops after so many bytes and the connection stays open. */
  stallDownloadAfterBytes?: number;
  /** An upload is read so far and no further; the connection stays open. */
  stallUploadAfterBytes?: number;
  /** So many bytes of an upload are kept, and all of them confirmed. */
  keepUploadBytes?: number;
  /** The data connection ends without TLS close_notify. */
  omitCloseNotify?: boolean;
  /** No reply after the data, or before the first byte of it. */
  finalReply?: 'missing' | 'early';
  /** An unasked-for reply after each transfer. */
  extraReply?: boolean;
  /** An upload is refused with 452 after so many bytes. */
  diskFullAfterBytes?: number;
  /** Answer to RNTO, which then does nothing. */
  renameReply?: string;
  /** The control connection breaks at RNTO, before or after the rename is done. */
  dieAtRename?: 'before' | 'after';
  /**
   * Any reply at any time: what leaves in place of this reply to this command, or undefined to leave it alone.
   * No piece at all is silence; a generator may go on for ever. The greeting answers the command ''.
   */
  answer?(reply: string, command: Command): Iterable<Piece> | undefined;
  /** Any breakage below TLS: of the connection that serves this command, AUTH's or an implicit one's ('') included. */
  wire?(channel: 'control' | 'data', command: Command): WireFault | undefined;
  /** Any content, at any pace: what a download or a listing sends in place of the truth, or undefined. */
  content?(command: Command): Iterable<Content> | AsyncIterable<Content> | undefined;
}
