import type { ErrorObject } from '#contract';
import { ERROR_TABLE, type ErrorCode, PHASES } from '#domain';

/** JSON numbers are exact up to 2^53; a larger size is damage and not a file. */
export function sizeOf(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new RangeError(`size ${value} is beyond 2^53`);
  return Number(value);
}

export function sizeOrNull(value: bigint | null): number | null {
  return value === null ? null : sizeOf(value);
}

export function instantOrNull(value: Date | null): string | null {
  return value?.toISOString() ?? null;
}

interface StoredError {
  errorCode: string | null;
  errorPhase: string | null;
  errorDetail: string | null;
}

/** The recorded error with the operator's sentence; null when there is none. */
export function errorOf(row: StoredError): ErrorObject | null {
  if (row.errorCode === null) return null;
  // A code of a newer release, seen while replicas are being replaced.
  const code = Object.hasOwn(ERROR_TABLE, row.errorCode) ? (row.errorCode as ErrorCode) : 'internal';
  return {
    code,
    phase: PHASES.find((phase) => phase === row.errorPhase) ?? null,
    detail: row.errorDetail,
    sentence: ERROR_TABLE[code].sentence,
  };
}
