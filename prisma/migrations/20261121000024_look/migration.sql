-- CreateTable
CREATE TABLE "look" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "endpoint" TEXT NOT NULL,
    "requested_by" TEXT NOT NULL,
    "selection" JSONB NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'queued',
    "files" JSONB NOT NULL DEFAULT '[]',
    "seen" INTEGER NOT NULL DEFAULT 0,
    "matched" INTEGER NOT NULL DEFAULT 0,
    "left_out" JSONB NOT NULL DEFAULT '{}',
    "error_code" TEXT,
    "error_phase" TEXT,
    "error_detail" TEXT,
    "lease_owner" TEXT,
    "lease_until" TIMESTAMPTZ(6),
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "started_at" TIMESTAMPTZ(6),
    "finished_at" TIMESTAMPTZ(6),

    CONSTRAINT "look_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "look_endpoint_created_at_idx" ON "look"("endpoint", "created_at" DESC);

-- CreateIndex
CREATE INDEX "look_state_created_at_idx" ON "look"("state", "created_at");

-- By hand from here: what Prisma cannot say.

ALTER TABLE look
  ADD CONSTRAINT look_state_check CHECK (state IN ('queued', 'running', 'done', 'failed')),
  ADD CONSTRAINT look_lease_check CHECK ((state = 'running') = (lease_owner IS NOT NULL AND lease_until IS NOT NULL)),
  ADD CONSTRAINT look_finished_check CHECK ((state IN ('done', 'failed')) = (finished_at IS NOT NULL)),
  ADD CONSTRAINT look_failed_check CHECK ((state = 'failed') = (error_code IS NOT NULL)),
  ADD CONSTRAINT look_counts_check CHECK (matched BETWEEN 0 AND seen);

-- One login more at a partner's server at a time.
CREATE UNIQUE INDEX look_one_at_a_time ON look (endpoint) WHERE state IN ('queued', 'running');
-- What has been kept long enough is found without a look at all that is kept.
CREATE INDEX look_over ON look (finished_at) WHERE finished_at IS NOT NULL;

CREATE TRIGGER look_is_kept BEFORE DELETE ON look FOR EACH ROW EXECUTE FUNCTION keep_while_young('{finished_at}', '1 day');
ALTER TABLE look ENABLE ALWAYS TRIGGER look_is_kept;

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'waybill_app') THEN
    GRANT SELECT, INSERT, UPDATE, DELETE ON look TO waybill_app;
  END IF;
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'waybill_auditor') THEN
    GRANT SELECT ON look TO waybill_auditor;
  END IF;
END $$;
