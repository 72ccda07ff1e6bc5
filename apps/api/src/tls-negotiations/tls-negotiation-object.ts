import type { TlsNegotiation } from '#contract';
import type { NegotiationRecord } from '#store';
import { instantOrNull, sizeOrNull } from '../stored-values.ts';

export function toTlsNegotiation(row: NegotiationRecord): TlsNegotiation {
  return {
    ...row,
    peerCertificates: [...row.peerCertificates],
    bytesPlain: sizeOrNull(row.bytesPlain),
    bytesWire: sizeOrNull(row.bytesWire),
    startedAt: row.startedAt.toISOString(),
    closedAt: instantOrNull(row.closedAt),
  };
}
