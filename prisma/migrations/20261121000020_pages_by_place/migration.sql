-- DropIndex
DROP INDEX "run_route_id_created_at_idx";

-- DropIndex
DROP INDEX "tls_negotiation_endpoint_started_at_idx";

-- DropIndex
DROP INDEX "transfer_route_id_created_at_idx";

-- CreateIndex
CREATE INDEX "run_route_id_created_at_id_idx" ON "run"("route_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "tls_negotiation_endpoint_started_at_id_idx" ON "tls_negotiation"("endpoint", "started_at", "id");

-- CreateIndex
CREATE INDEX "transfer_route_id_created_at_id_idx" ON "transfer"("route_id", "created_at", "id");
