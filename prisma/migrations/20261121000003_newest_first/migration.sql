-- DropIndex
DROP INDEX "fire_due_at_idx";

-- DropIndex
DROP INDEX "run_created_at_id_idx";

-- DropIndex
DROP INDEX "tls_negotiation_started_at_id_idx";

-- DropIndex
DROP INDEX "transfer_created_at_id_idx";

-- CreateIndex
CREATE INDEX "fire_due_at_id_idx" ON "fire"("due_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "run_created_at_id_idx" ON "run"("created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "tls_negotiation_started_at_id_idx" ON "tls_negotiation"("started_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "transfer_created_at_id_idx" ON "transfer"("created_at" DESC, "id" DESC);
