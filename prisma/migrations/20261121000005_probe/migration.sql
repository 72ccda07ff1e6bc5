-- CreateTable
CREATE TABLE "probe" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "endpoint" TEXT NOT NULL,
    "requested_by" TEXT NOT NULL,
    "folder" TEXT,
    "state" TEXT NOT NULL DEFAULT 'queued',
    "findings" JSONB NOT NULL DEFAULT '[]',
    "profile" JSONB,
    "error_code" TEXT,
    "error_detail" TEXT,
    "lease_owner" TEXT,
    "lease_until" TIMESTAMPTZ(6),
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "started_at" TIMESTAMPTZ(6),
    "finished_at" TIMESTAMPTZ(6),

    CONSTRAINT "probe_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "probe_endpoint_created_at_idx" ON "probe"("endpoint", "created_at" DESC);

-- CreateIndex
CREATE INDEX "probe_state_created_at_idx" ON "probe"("state", "created_at");

-- By hand from here: what Prisma cannot say.

ALTER TABLE probe
  ADD CONSTRAINT probe_state_check CHECK (state IN ('queued', 'running', 'done', 'failed')),
  ADD CONSTRAINT probe_lease_check CHECK ((state = 'running') = (lease_owner IS NOT NULL AND lease_until IS NOT NULL)),
  ADD CONSTRAINT probe_finished_check CHECK ((state IN ('done', 'failed')) = (finished_at IS NOT NULL)),
  ADD CONSTRAINT probe_failed_check CHECK ((state = 'failed') = (error_code IS NOT NULL));

-- A partner's server is examined by one at a time.
CREATE UNIQUE INDEX probe_one_at_a_time ON probe (endpoint) WHERE state IN ('queued', 'running');

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'waybill_app') THEN
    GRANT SELECT, INSERT, UPDATE ON probe TO waybill_app;
  END IF;
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'waybill_auditor') THEN
    GRANT SELECT ON probe TO waybill_auditor;
  END IF;
END $$;
