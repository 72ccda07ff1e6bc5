import { type Phase, TransferError } from '#domain';

/** The peer sent something the protocol does not allow. Thrown by the pure parts; the channel gives it a phase. */
export class ProtocolViolation extends Error {
  constructor(detail: string) {
    super(detail);
    this.name = 'ProtocolViolation';
  }
}

/** What is thrown in this room, as its callers see it. */
export function translate(thrown: unknown, phase: Phase): TransferError {
  if (thrown instanceof ProtocolViolation)
    return new TransferError('protocol_violation', { phase, detail: thrown.message, cause: thrown });
  return TransferError.from(thrown, phase);
}
