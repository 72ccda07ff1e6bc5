/** The peer sent something the protocol does not allow. Thrown by the pure parts; the channel gives it a phase. */
export class ProtocolViolation extends Error {
  constructor(detail: string) {
    super(detail);
    this.name = 'ProtocolViolation';
  }
}
