import type { ErrorObject } from '#contract';
import { ERROR_TABLE, type ErrorCode, PHASES } from '#domain';
import type { RecordedError } from '#store';

/** JSON numbers are exact up to 2^53; a larger size is damage and not a file. */
export function sizeOf(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new RangeError(`size ${value} is beyond 2^53`);
  return Number(value);
}

export function sizeOrNull(value: bigint | null): number | null {
  return value === null ? null : sizeOf(value);
}

/** A moment as a filter names it. */
export function momentOf(text: string | undefined): Date | undefined {
  return text === undefined ? undefined : new Date(text);
}

export function instantOrNull(value: Date | null): string | null {
  return value?.toISOString() ?? null;
}

/** The recorded error with the operator's sentence; null when there is none. */
export function errorOf(error: RecordedError | null): ErrorObject | null {
  if (!error) return null;
  // A code of a newer release, seen while replicas are being replaced.
  const code = Object.hasOwn(ERROR_TABLE, error.code) ? (error.code as ErrorCode) : 'internal';
  return {
    code,
    phase: PHASES.find((phase) => phase === error.phase) ?? null,
    detail: error.detail,
    sentence: ERROR_TABLE[code].sentence,
  };
}
