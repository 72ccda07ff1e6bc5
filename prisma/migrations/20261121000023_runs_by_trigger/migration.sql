-- CreateIndex
CREATE INDEX "run_trigger_created_at_id_idx" ON "run"("trigger", "created_at" DESC, "id" DESC);
