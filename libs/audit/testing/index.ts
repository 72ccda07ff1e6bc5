export type { LedgerAttempt, LedgerTransfer } from './ledger-rows.ts';
export { type DeliveryLedger, type LedgerRoute, MemoryLedger } from './memory-ledger.ts';
export { OPERATOR, type RecordedRuns, startRecordedRuns } from './recorded-runs.ts';
