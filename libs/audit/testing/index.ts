export {
  type DeliveryLedger,
  type LedgerAttempt,
  type LedgerRoute,
  type LedgerTransfer,
  MemoryLedger,
} from './memory-ledger.ts';
