/** What went wrong, as it was recorded. */
export interface RecordedError {
  code: string;
  phase: string | null;
  detail: string | null;
}

export function recordedError(row: {
  errorCode: string | null;
  errorPhase: string | null;
  errorDetail: string | null;
}): RecordedError | null {
  return row.errorCode === null
    ? null
    : { code: row.errorCode, phase: row.errorPhase, detail: row.errorDetail };
}
