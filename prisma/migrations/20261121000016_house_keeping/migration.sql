-- CreateIndex
CREATE INDEX "idempotent_request_created_at_idx" ON "idempotent_request"("created_at");

-- By hand from here: what Prisma cannot say.

-- What has been kept long enough is found without a look at all that is kept.
CREATE INDEX run_callback_told ON run_callback (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX session_over ON session (least(ended_at, expires_at));
CREATE INDEX probe_over ON probe (finished_at) WHERE finished_at IS NOT NULL;

ALTER TABLE incident
  DROP CONSTRAINT incident_kind_check,
  ADD CONSTRAINT incident_kind_check CHECK (kind IN ('transfer_in_doubt', 'transfer_quarantined', 'transfer_held', 'login_refused', 'run_failed', 'callback_given_up', 'keys_unavailable'));

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'waybill_app') THEN
    GRANT DELETE ON idempotent_request, run_callback, session, probe TO waybill_app;
  END IF;
END $$;
