-- AlterTable
ALTER TABLE "endpoint" ADD COLUMN     "pause_reason" TEXT,
ADD COLUMN     "paused_at" TIMESTAMPTZ(6),
ADD COLUMN     "paused_by" TEXT;

-- AlterTable
ALTER TABLE "run" ADD COLUMN     "cancel_requested_at" TIMESTAMPTZ(6),
ADD COLUMN     "rerun_of_id" UUID;

-- AlterTable
ALTER TABLE "transfer" ADD COLUMN     "attempts_forgiven" INTEGER NOT NULL DEFAULT 0;

-- AlterTable
ALTER TABLE "transfer_route" ADD COLUMN     "pause_reason" TEXT,
ADD COLUMN     "paused_at" TIMESTAMPTZ(6),
ADD COLUMN     "paused_by" TEXT;

-- CreateTable
CREATE TABLE "session_slot" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "endpoint_id" UUID NOT NULL,
    "worker" TEXT NOT NULL,
    "acquired_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "lease_until" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "session_slot_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "incident" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "kind" TEXT NOT NULL,
    "object" TEXT NOT NULL,
    "object_id" TEXT NOT NULL,
    "run_id" UUID,
    "transfer_id" UUID,
    "route" TEXT,
    "endpoint" TEXT,
    "summary" TEXT NOT NULL,
    "error_code" TEXT,
    "state" TEXT NOT NULL DEFAULT 'open',
    "occurrences" INTEGER NOT NULL DEFAULT 1,
    "opened_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_seen_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "acknowledged_at" TIMESTAMPTZ(6),
    "acknowledged_by" TEXT,
    "snoozed_until" TIMESTAMPTZ(6),
    "resolved_at" TIMESTAMPTZ(6),
    "resolved_by" TEXT,
    "resolution" TEXT,

    CONSTRAINT "incident_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "session_slot_endpoint_id_lease_until_idx" ON "session_slot"("endpoint_id", "lease_until");

-- CreateIndex
CREATE INDEX "incident_state_opened_at_idx" ON "incident"("state", "opened_at" DESC);

-- CreateIndex
CREATE INDEX "incident_opened_at_id_idx" ON "incident"("opened_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "incident_transfer_id_idx" ON "incident"("transfer_id");

-- CreateIndex
CREATE INDEX "run_rerun_of_id_idx" ON "run"("rerun_of_id");

-- AddForeignKey
ALTER TABLE "run" ADD CONSTRAINT "run_rerun_of_id_fkey" FOREIGN KEY ("rerun_of_id") REFERENCES "run"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "session_slot" ADD CONSTRAINT "session_slot_endpoint_id_fkey" FOREIGN KEY ("endpoint_id") REFERENCES "endpoint"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- By hand from here: what Prisma cannot say.

ALTER TABLE endpoint ADD CONSTRAINT endpoint_pause_check CHECK ((paused_at IS NULL) = (paused_by IS NULL));
ALTER TABLE transfer_route ADD CONSTRAINT transfer_route_pause_check CHECK ((paused_at IS NULL) = (paused_by IS NULL));
ALTER TABLE transfer ADD CONSTRAINT transfer_forgiven_check CHECK (attempts_forgiven BETWEEN 0 AND attempt_count);

ALTER TABLE incident
  ADD CONSTRAINT incident_state_check CHECK (state IN ('open', 'acknowledged', 'snoozed', 'resolved')),
  ADD CONSTRAINT incident_acknowledged_check CHECK (state <> 'acknowledged' OR (acknowledged_at IS NOT NULL AND acknowledged_by IS NOT NULL)),
  ADD CONSTRAINT incident_snoozed_check CHECK ((state = 'snoozed') = (snoozed_until IS NOT NULL)),
  ADD CONSTRAINT incident_resolved_check CHECK ((state = 'resolved') = (resolved_at IS NOT NULL AND resolved_by IS NOT NULL)),
  ADD CONSTRAINT incident_occurrences_check CHECK (occurrences >= 1);

-- The same problem is one incident until somebody has resolved it.
CREATE UNIQUE INDEX incident_once_while_open ON incident (kind, object, object_id) WHERE state <> 'resolved';

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'waybill_app') THEN
    GRANT SELECT, INSERT, UPDATE, DELETE ON session_slot TO waybill_app;
    GRANT SELECT, INSERT, UPDATE ON incident TO waybill_app;
  END IF;
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'waybill_auditor') THEN
    GRANT SELECT ON session_slot, incident TO waybill_auditor;
  END IF;
END $$;
