export type { LedgerAttempt, LedgerRoute, LedgerTransfer } from './ledger-rows.ts';
export { type DeliveryLedger, MemoryLedger } from './memory-ledger.ts';
export { OPERATOR, type RecordedRuns, startRecordedRuns } from './recorded-runs.ts';
