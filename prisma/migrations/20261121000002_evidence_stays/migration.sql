-- DropForeignKey
ALTER TABLE "fire" DROP CONSTRAINT "fire_schedule_id_fkey";

-- DropForeignKey
ALTER TABLE "tls_negotiation" DROP CONSTRAINT "tls_negotiation_endpoint_id_fkey";

-- AddForeignKey
ALTER TABLE "fire" ADD CONSTRAINT "fire_schedule_id_fkey" FOREIGN KEY ("schedule_id") REFERENCES "schedule"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "tls_negotiation" ADD CONSTRAINT "tls_negotiation_endpoint_id_fkey" FOREIGN KEY ("endpoint_id") REFERENCES "endpoint"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- By hand from here: what Prisma cannot say.

ALTER TABLE run
  ADD CONSTRAINT run_priority_check CHECK (priority BETWEEN 1 AND 9),
  ADD CONSTRAINT run_plan_attempts_check CHECK (plan_attempts >= 0),
  ADD CONSTRAINT run_error_phase_check CHECK (error_phase IN ('connect', 'negotiate', 'authenticate', 'list', 'open', 'stream', 'verify', 'publish', 'dispose'));

ALTER TABLE transfer
  ADD CONSTRAINT transfer_generation_check CHECK (generation >= 0),
  ADD CONSTRAINT transfer_attempt_count_check CHECK (attempt_count >= 0),
  ADD CONSTRAINT transfer_error_phase_check CHECK (error_phase IN ('connect', 'negotiate', 'authenticate', 'list', 'open', 'stream', 'verify', 'publish', 'dispose'));

ALTER TABLE attempt
  ADD CONSTRAINT attempt_fence_check CHECK (fence >= 0),
  ADD CONSTRAINT attempt_size_check CHECK (size_bytes >= 0),
  ADD CONSTRAINT attempt_sha256_check CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  ADD CONSTRAINT attempt_error_phase_check CHECK (error_phase IN ('connect', 'negotiate', 'authenticate', 'list', 'open', 'stream', 'verify', 'publish', 'dispose'));

-- The closing facts come together or not at all; with the trigger that lets them come once, none can be changed later.
ALTER TABLE tls_negotiation
  ADD CONSTRAINT tls_negotiation_closing_check CHECK (num_nonnulls(close_notify, bytes_plain, bytes_wire, closed_at) IN (0, 4)),
  ADD CONSTRAINT tls_negotiation_bytes_check CHECK (bytes_plain >= 0 AND bytes_wire >= 0),
  ADD CONSTRAINT tls_negotiation_handshake_check CHECK (handshake_ms >= 0);

ALTER TABLE audit_event
  ADD CONSTRAINT audit_event_object_check CHECK (object IN ('partner', 'endpoint', 'route', 'schedule', 'fire', 'run', 'transfer', 'attempt', 'tls_negotiation', 'api_key', 'secret', 'configuration', 'process'));

ALTER TABLE secret ADD CONSTRAINT secret_version_check CHECK (version >= 1);

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'waybill_app') THEN
    -- Neither the moment nor the number of an event is the app's to choose.
    REVOKE INSERT ON audit_event FROM waybill_app;
    GRANT INSERT (actor_kind, actor_name, action, object, object_id, run_id, transfer_id, details) ON audit_event TO waybill_app;
    GRANT SELECT ON _prisma_migrations TO waybill_app;
  END IF;
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'waybill_auditor') THEN
    GRANT SELECT (id, name, role, created_at, last_used_at, expires_at, revoked_at) ON api_key TO waybill_auditor;
    GRANT SELECT ON _prisma_migrations TO waybill_auditor;
  END IF;
END $$;
