export type { LedgerAttempt, LedgerTransfer } from './ledger-rows.ts';
export { type DeliveryLedger, type LedgerRoute, MemoryLedger } from './memory-ledger.ts';
