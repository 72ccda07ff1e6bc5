/** What a partner's server may do wrong, each switch one misbehaviour; all off by default. */
export interface Faults {
  /** `silent`: connects and says nothing. `http`: another service answers on this port. */
  banner?: 'silent' | 'http';
  authTls?: 'refuse';
  prot?: 'refuse';
  /** `clear`: answers 150 and sends without TLS. `close`: closes instead of the handshake. */
  dataChannel?: 'clear' | 'close';
  /** Every reply leaves byte by byte. */
  splitReplies?: boolean;
  /** Answer to PASS, e.g. `421 Too many sessions.` */
  loginReply?: string;
  /** Added to what SIZE and MLSD state. */
  lieAboutSizeBy?: number;
  /** A download ends cleanly after so many bytes, and is confirmed. */
  truncateDownloadAfterBytes?: number;
  /** A download stops after so many bytes and the connection stays open. */
  stallDownloadAfterBytes?: number;
  /** The data connection ends without TLS close_notify. */
  omitCloseNotify?: boolean;
  /** No reply after the data. */
  finalReply?: 'missing';
  /** An unasked-for reply after each transfer. */
  extraReply?: boolean;
  /** An upload is refused with 452 after so many bytes. */
  diskFullAfterBytes?: number;
  /** Answer to RNTO, which then does nothing. */
  renameReply?: string;
  /** The control connection breaks at RNTO, before or after the rename is done. */
  dieAtRename?: 'before' | 'after';
}
