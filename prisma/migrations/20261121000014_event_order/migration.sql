-- AlterTable: what is on record already was written before anything that follows; its order is that of its ids.
ALTER TABLE "audit_event" ADD COLUMN "transaction_id" BIGINT NOT NULL DEFAULT 0;
ALTER TABLE "audit_event" ALTER COLUMN "transaction_id" SET DEFAULT ((pg_current_xact_id())::text)::bigint;

-- CreateIndex
CREATE INDEX "audit_event_transaction_id_id_idx" ON "audit_event"("transaction_id", "id");
